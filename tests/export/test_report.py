"""The HTML report: whole, self-contained, and safe whatever the folders are called."""

import re
from collections.abc import Callable

from core.datasets import Dataset, DatasetStore
from core.evaluation.comparison import Comparison, compare
from core.export.report import html_report
from core.files import write_json
from core.language import in_language
from core.settings import Settings
from tests.evaluation.runs_on_disk import finished_pair

MakeDataset = Callable[..., Dataset]


def comparison_of(settings: Settings, dataset: Dataset, **names: list[str]) -> Comparison:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    if names:
        for run in (head, tuned):
            write_json(run.path / "predict.json", {**names, "image_size": 32})
    return compare(head, tuned, DatasetStore(settings.datasets_dir))


def test_it_says_the_verdict_and_shows_the_images(
    settings: Settings, make_dataset: MakeDataset
) -> None:
    dataset = make_dataset(classes=3, per_class=50)
    page = html_report(comparison_of(settings, dataset), "Opened by 2 runs.").decode()
    assert "Shapes: Fine-tuning helped" in page
    assert "On the same 30 test images it fixed 11 and broke 0" in page
    assert "Opened by 2 runs." in page
    assert page.count("data:image/jpeg;base64,") == 12
    assert len(re.findall(r'class="plotly-graph-div"', page)) == 5


def test_it_is_english_whoever_asks_for_it(settings: Settings, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(classes=3, per_class=50)
    with in_language("ru"):
        page = html_report(comparison_of(settings, dataset)).decode()
    assert "On the same 30 test images it fixed 11 and broke 0" in page
    assert not re.search("[а-яё]{3}", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


def test_it_loads_nothing_from_elsewhere(settings: Settings, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(classes=3, per_class=50)
    page = html_report(comparison_of(settings, dataset)).decode()
    assert not re.search(r"<(script|img|link)[^>]+(src|href)=[\"']?https?:", page)
    # plotly.js itself is inside, and once.
    assert 3_000_000 < len(page) < 7_000_000


def test_class_names_are_no_markup(settings: Settings, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(classes=2, per_class=50)
    names = ["<script>alert(1)</script>", "b"]
    page = html_report(comparison_of(settings, dataset, class_names=names)).decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_deleted_data_set_leaves_the_figures(
    settings: Settings, make_dataset: MakeDataset
) -> None:
    dataset = make_dataset(classes=3, per_class=50)
    comparison = comparison_of(settings, dataset)
    DatasetStore(settings.datasets_dir).delete(dataset.id)
    again = compare(comparison.before, comparison.after, DatasetStore(settings.datasets_dir))
    page = html_report(again).decode()
    assert "data:image/jpeg" not in page
    assert "Fixed: 11" in page
