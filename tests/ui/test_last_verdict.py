"""The sidebar says what Evaluate said, and only after it did."""

from collections.abc import Callable

from core.datasets import Dataset
from core.settings import Settings
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui.app import open_page


def test_a_verdict_is_told_once_it_was_seen(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    _, tuned = finished_pair(settings, make_dataset(classes=3, per_class=50), range(12), range(1))
    for file in (tuned.model_path, tuned.litert_path):
        file.touch()

    first = [caption.value for caption in open_page(run=tuned.id).sidebar.caption]
    open_page("pages/4_Evaluate.py", run=tuned.id)
    then = [caption.value for caption in open_page(run=tuned.id).sidebar.caption]

    assert not any("helped" in caption for caption in first)
    assert "from block 6: helped" in then
