"""Two runs side by side, their names, and what is left where something was deleted."""

import dataclasses
from collections.abc import Callable

import pytest

from core.config import FineTuneConfig
from core.datasets import Dataset, DatasetStore
from core.errors import RunError
from core.evaluation.comparison import (
    class_names_of,
    compare,
    head_of,
    model_name,
    verdict_without_leaks,
)
from core.evaluation.openings import record_openings
from core.evaluation.recommendation import recommend, usable_runs
from core.runs import Run, RunStore
from core.settings import Settings
from tests.evaluation.runs_on_disk import finished_pair

MakeDataset = Callable[..., Dataset]


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    return make_dataset(classes=3, per_class=50)


def stores(settings: Settings) -> tuple[RunStore, DatasetStore]:
    return RunStore(settings.runs_dir), DatasetStore(settings.datasets_dir)


def test_compare_judges_the_test_images(settings: Settings, dataset: Dataset) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    comparison = compare(head, tuned, stores(settings)[1])
    assert (comparison.verdict.fixed, comparison.verdict.images) == (11, 30)
    assert comparison.is_step
    assert comparison.subject == "fine-tuning"
    assert (comparison.first["path"] == comparison.second["path"]).all()
    assert compare(tuned, head, stores(settings)[1]).subject == "the second run"


def test_other_order_in_the_second_file_changes_nothing(
    settings: Settings, dataset: Dataset
) -> None:
    import pandas as pd

    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    table = pd.read_parquet(tuned.predictions_path)
    table.iloc[::-1].to_parquet(tuned.predictions_path)
    comparison = compare(head, tuned, stores(settings)[1])
    assert (comparison.first["path"] == comparison.second["path"]).all()
    assert comparison.verdict.fixed == 11


def test_a_deleted_data_set_leaves_the_figures(settings: Settings, dataset: Dataset) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    datasets = stores(settings)[1]
    datasets.delete(dataset.id)
    comparison = compare(head, tuned, datasets)
    assert comparison.dataset is None
    assert comparison.class_names == dataset.class_names
    assert verdict_without_leaks(comparison) is None


def test_class_names_without_a_model_come_from_the_data_set(
    settings: Settings, dataset: Dataset
) -> None:
    head, _ = finished_pair(settings, dataset, before=(), after=())
    datasets = stores(settings)[1]
    (head.path / "predict.json").unlink()
    assert class_names_of(head, datasets) == dataset.class_names
    datasets.delete(dataset.id)
    with pytest.raises(RunError, match="class names"):
        class_names_of(head, datasets)


def test_leaks_are_left_out_and_counted(settings: Settings, dataset: Dataset) -> None:
    manifest = dataset.manifest()
    trained = manifest.loc[manifest["split"] == "train", "sha256"].to_list()
    tested = manifest.index[manifest["split"] == "test"][:2]
    manifest.loc[tested, "sha256"] = trained[:2]
    manifest.to_parquet(dataset.path / f"manifest-{dataset.version}.parquet")
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    clean = verdict_without_leaks(compare(head, tuned, stores(settings)[1]))
    assert clean is not None
    leaks, verdict = clean
    # The two leaked images are the first: one stays wrong, one was fixed.
    assert (len(leaks.exact), verdict.images, verdict.fixed, verdict.both_wrong) == (2, 28, 10, 0)


@pytest.mark.parametrize(
    ("scope", "block", "name"),
    [
        ("from", "block6", "From block 6"),
        ("only", "conv5", "Only conv 5"),
        ("all", "stem", "Whole backbone"),
        ("none", "", "Head trained on"),
    ],
)
def test_names_of_models(
    settings: Settings, dataset: Dataset, scope: str, block: str, name: str
) -> None:
    head, tuned = finished_pair(settings, dataset, before=(), after=())
    config = FineTuneConfig(head.id, head.base, block, scope)  # type: ignore[arg-type]
    assert model_name(dataclasses.replace(tuned, config=config)) == name
    assert model_name(head) == "Head only"


def test_head_of_a_deleted_head_is_none(settings: Settings, dataset: Dataset) -> None:
    head, tuned = finished_pair(settings, dataset, before=(), after=())
    runs = stores(settings)[0]
    found = head_of(tuned, runs)
    assert found is not None
    assert found.id == head.id
    assert head_of(head, runs) is None
    runs.delete(head.id)
    assert head_of(tuned, runs) is None


def with_models(*runs: Run) -> None:
    for run in runs:
        run.model_path.touch()
        run.litert_path.touch()


@pytest.mark.parametrize(
    ("after", "fine_tuned", "why"),
    [
        (range(1), True, "helped"),
        (range(12), False, "no difference"),
        (range(30), False, "hurt"),
    ],
)
def test_recommendation_follows_the_verdict(
    settings: Settings, dataset: Dataset, after: range, fine_tuned: bool, why: str
) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=after)
    with_models(head, tuned)
    runs, datasets = stores(settings)
    before = recommend(usable_runs(runs), runs, datasets, dataset.id)
    assert before is not None
    assert "not opened yet" in before.reason
    record_openings(dataset.path, dataset.version, [head.id, tuned.id])
    advice = recommend(usable_runs(runs), runs, datasets, dataset.id)
    assert advice is not None
    assert advice.run.id == (tuned.id if fine_tuned else head.id)
    assert why in advice.reason


def test_recommendation_without_models_or_without_a_head(
    settings: Settings, dataset: Dataset
) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    runs, datasets = stores(settings)
    assert recommend(usable_runs(runs), runs, datasets) is None
    with_models(tuned)
    runs.delete(head.id)
    advice = recommend(usable_runs(runs), runs, datasets)
    assert advice is not None
    assert "head-only model is gone" in advice.reason


def test_recommendation_stays_with_the_current_head(settings: Settings, dataset: Dataset) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    other, _ = finished_pair(settings, dataset, before=range(5), after=range(5))
    with_models(head, tuned, other)
    runs, datasets = stores(settings)
    record_openings(dataset.path, dataset.version, [run.id for run in runs.list()])
    advice = recommend(usable_runs(runs), runs, datasets, dataset.id, current=other.id)
    assert advice is not None
    assert advice.run.id == other.id
    advice = recommend(usable_runs(runs), runs, datasets, dataset.id, current=head.id)
    assert advice is not None
    assert advice.run.id == tuned.id
