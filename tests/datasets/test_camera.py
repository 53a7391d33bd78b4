"""Pictures that are added to a class one by one."""

from pathlib import Path

import pytest

from core.datasets import Dataset, DatasetStore
from core.datasets.camera import add_picture, takes_pictures
from core.datasets.edits import Edit, add_edit, edits_of
from core.datasets.importing import import_folder, import_zip
from core.datasets.split import SplitPlan
from core.errors import DatasetError, InvalidImageError
from core.settings import Settings
from tests.datasets.malformed import NOISE
from tests.datasets.pictures import encoded, jpeg, pets, picture, silent, write_folder, write_zip

MAX_PIXELS = 1_000_000


@pytest.fixture
def store(settings: Settings) -> DatasetStore:
    return DatasetStore(settings.datasets_dir)


@pytest.fixture
def dataset(settings: Settings, tmp_path: Path) -> Dataset:
    return import_zip(write_zip(tmp_path / "pets.zip", pets(20)), "Pets", settings, silent)


def test_a_picture_joins_a_class_as_a_new_version(store: DatasetStore, dataset: Dataset) -> None:
    data = encoded(picture(5, (64, 48)), "PNG")

    added = add_picture(store, dataset, data, "dog", MAX_PIXELS)

    row = added.manifest().iloc[-1]
    assert (row["class_name"], row["label"], row["split"], row["usable"]) == (
        "dog",
        1,
        "train",
        True,
    )
    assert (row["width"], row["height"], row["issues"]) == (64, 48, "")
    assert (added.root / row["path"]).read_bytes() == data
    assert len(dataset.manifest()) == 40
    assert store.get(dataset.id).version == added.version != dataset.version


def test_the_same_picture_twice_is_one(store: DatasetStore, dataset: Dataset) -> None:
    first = add_picture(store, dataset, jpeg(5000), "dog", MAX_PIXELS)
    second = add_picture(store, first, jpeg(5000), "dog", MAX_PIXELS)

    assert second.version == first.version


def test_a_burst_of_shots_is_one_group_and_stays_together(
    store: DatasetStore, dataset: Dataset
) -> None:
    for quality in (95, 80, 60, 40):
        data = encoded(NOISE, quality=quality)
        dataset = add_picture(store, dataset, data, "cat", MAX_PIXELS)

    burst = dataset.manifest().iloc[-4:]
    assert burst["group"].nunique() == 1
    assert burst["group"].iloc[0] > 0
    assert set(burst["issues"]) == {"near_duplicate"}
    divided = add_edit(store, dataset, Edit("split", plan=SplitPlan(val=0.3, test=0.3)))
    assert divided.manifest().iloc[-4:]["split"].nunique() == 1


def test_changes_stay_and_can_still_be_taken_back(store: DatasetStore, dataset: Dataset) -> None:
    edited = add_edit(store, dataset, Edit("exclude", ("cat/03.jpg",)))

    added = add_picture(store, edited, jpeg(5000), "cat", MAX_PIXELS)

    assert not added.manifest().set_index("path").loc["cat/03.jpg", "usable"]
    assert [edit.kind for edit in edits_of(added)] == ["exclude"]


def test_a_division_made_by_hand_is_not_made_again(store: DatasetStore, dataset: Dataset) -> None:
    divided = add_edit(store, dataset, Edit("split", plan=SplitPlan(seed=7)))

    added = add_picture(store, divided, jpeg(5000), "cat", MAX_PIXELS)

    before = divided.manifest().set_index("path")["split"]
    assert added.manifest().set_index("path")["split"][before.index].equals(before)


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg()[:-80]])
def test_what_is_no_picture_leaves_nothing_behind(
    store: DatasetStore, dataset: Dataset, data: bytes
) -> None:
    with pytest.raises(InvalidImageError, match="cannot be read"):
        add_picture(store, dataset, data, "cat", MAX_PIXELS)
    assert not list((dataset.root / "camera").iterdir())
    assert store.get(dataset.id).version == dataset.version


def test_an_unknown_class_is_told(store: DatasetStore, dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="no class 'bird'"):
        add_picture(store, dataset, jpeg(), "bird", MAX_PIXELS)


def test_a_users_own_folder_is_never_written_to(store: DatasetStore, settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "Mine", pets())
    dataset = import_folder(folder, settings, silent)

    assert not takes_pictures(dataset)
    with pytest.raises(DatasetError, match="never written to"):
        add_picture(store, dataset, jpeg(5000), "cat", MAX_PIXELS)
    assert len(list(folder.rglob("*.jpg"))) == 20
