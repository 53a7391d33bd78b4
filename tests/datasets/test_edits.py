"""Changes are a layer: versions of their own, taken back one by one, the user's files untouched."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import Dataset, DatasetStore
from core.datasets.edits import Edit, add_edit, edits_of, undo
from core.datasets.importing import import_folder
from core.datasets.split import SplitPlan
from core.errors import DatasetError
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder

SPLITS = ("train", "train", "val", "test")


@pytest.fixture
def store(settings: Settings) -> DatasetStore:
    return DatasetStore(settings.datasets_dir)


@pytest.fixture
def dataset(settings: Settings) -> Dataset:
    files = pets(8, SPLITS) | {"train/cat/cut.jpg": jpeg()[:-99]}
    files["test/dog/copy.jpg"] = files["train/dog/00.jpg"]
    return import_folder(write_folder(settings.data_dir / "Pets", files), settings, silent)


def edit(store: DatasetStore, dataset: Dataset, *changes: Edit) -> Dataset:
    for change in changes:
        dataset = add_edit(store, dataset, change)
    return dataset


def row(dataset: Dataset, path: str) -> dict[str, object]:
    return dataset.manifest().set_index("path").loc[path].to_dict()


def test_a_relabelled_image_has_the_other_label_in_a_new_version(
    store: DatasetStore, dataset: Dataset
) -> None:
    edit = Edit("relabel", ("train/cat/00.jpg",), "dog")

    edited = add_edit(store, dataset, edit)

    assert edited.version != dataset.version
    assert row(edited, "train/cat/00.jpg")["label"] == 1
    assert row(edited, "train/cat/00.jpg")["class_name"] == "dog"
    assert edits_of(edited) == (edit,)
    assert row(store.get(dataset.id, dataset.version), "train/cat/00.jpg")["label"] == 0


def test_undo_makes_the_version_before_current_again(store: DatasetStore, dataset: Dataset) -> None:
    first = add_edit(store, dataset, Edit("exclude", ("train/cat/00.jpg",)))
    second = add_edit(store, first, Edit("move", ("val/cat/02.jpg",), "train"))

    once = undo(store, second)
    twice = undo(store, once)

    assert row(second, "val/cat/02.jpg")["split"] == "train"
    assert (once.version, twice.version) == (first.version, dataset.version)
    assert edits_of(twice) == ()
    assert twice.notes == dataset.notes
    assert undo(store, twice).version == dataset.version
    assert store.get(dataset.id).version == dataset.version


def test_what_is_excluded_is_out_and_can_come_back(store: DatasetStore, dataset: Dataset) -> None:
    paths = ("train/cat/00.jpg", "train/cat/cut.jpg")

    out = add_edit(store, dataset, Edit("exclude", paths))
    back = add_edit(store, out, Edit("include", paths))

    assert row(out, paths[0])["issues"] == "excluded"
    assert not row(out, paths[0])["usable"]
    assert row(back, paths[0])["usable"]
    assert row(out, paths[1])["issues"] == row(back, paths[1])["issues"] == "unreadable"
    assert not row(back, paths[1])["usable"]


def test_marks_of_copies_follow_the_change(store: DatasetStore, dataset: Dataset) -> None:
    assert row(dataset, "test/dog/copy.jpg")["issues"] == "leak"

    moved = add_edit(store, dataset, Edit("move", ("test/dog/copy.jpg",), "train"))
    excluded = add_edit(store, dataset, Edit("exclude", ("train/dog/00.jpg",)))

    assert row(moved, "test/dog/copy.jpg")["issues"] == "duplicate"
    assert row(excluded, "test/dog/copy.jpg")["issues"] == ""


def test_a_new_split_replaces_the_old_one(store: DatasetStore, dataset: Dataset) -> None:
    edited = add_edit(store, dataset, Edit("split", plan=SplitPlan(val=0.25, test=0.25, seed=3)))

    counts = edited.manifest().query("usable")["split"].value_counts()
    assert (counts["train"], counts["val"], counts["test"]) == (9, 4, 4)
    assert "leak" not in "".join(edited.manifest()["issues"])
    assert edits_of(edited)[0].plan == SplitPlan(val=0.25, test=0.25, seed=3)


def test_a_split_stays_although_a_later_program_splits_otherwise(
    store: DatasetStore, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    divided = add_edit(store, dataset, Edit("split", plan=SplitPlan(val=0.25, test=0.25, seed=3)))
    monkeypatch.setattr("core.datasets.edits.divide", lambda table, plan: table.assign(split="val"))

    later = add_edit(store, divided, Edit("exclude", ("train/cat/00.jpg",)))

    assert later.manifest()["split"].tolist() == divided.manifest()["split"].tolist()
    assert [edit.kind for edit in edits_of(later)] == ["split", "exclude"]


def test_a_class_that_a_split_loses_is_told(store: DatasetStore, dataset: Dataset) -> None:
    gone = ("test/cat/03.jpg", "test/cat/07.jpg")

    edited = add_edit(store, dataset, Edit("exclude", gone))

    assert edited.notes == (*dataset.notes, "No image in test of: cat.")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("exclude", ("../../etc/passwd",)), r"no image \.\./\.\./etc/passwd"),
        (Edit("relabel", ("train/cat/00.jpg",), "fish"), "no class 'fish'.*cat, dog"),
        (Edit("move", ("train/cat/00.jpg",), "exam"), "no split 'exam'"),
        (Edit("split", plan=SplitPlan(val=0.5, test=0.5)), "nothing to train"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    store: DatasetStore, dataset: Dataset, edit: Edit, words: str
) -> None:
    with pytest.raises(DatasetError, match=words):
        add_edit(store, dataset, edit)

    assert store.get(dataset.id).version == dataset.version
    assert edits_of(dataset) == ()


def test_a_class_cannot_be_emptied_down_to_one(store: DatasetStore, dataset: Dataset) -> None:
    table = dataset.manifest()
    dogs = tuple(table.loc[table["class_name"] == "dog", "path"])

    with pytest.raises(DatasetError, match="Fewer than two classes"):
        add_edit(store, dataset, Edit("exclude", dogs))


def test_changes_outlive_another_import_where_their_images_do(
    settings: Settings, store: DatasetStore, dataset: Dataset
) -> None:
    add_edit(store, dataset, Edit("exclude", ("train/cat/00.jpg", "train/cat/01.jpg")))
    (settings.data_dir / "Pets/train/cat/01.jpg").unlink()

    carried = import_folder(settings.data_dir / "Pets", settings, silent)

    assert edits_of(carried) == (Edit("exclude", ("train/cat/00.jpg",)),)
    assert not row(carried, "train/cat/00.jpg")["usable"]


def test_a_change_made_on_an_old_view_keeps_what_a_colleague_changed(
    store: DatasetStore, dataset: Dataset
) -> None:
    add_edit(store, dataset, Edit("exclude", ("train/cat/00.jpg",)))

    both = add_edit(store, dataset, Edit("exclude", ("train/dog/00.jpg",)))

    assert len(edits_of(both)) == 2
    out = both.manifest().loc[lambda table: ~table["usable"], "path"]
    assert {"train/cat/00.jpg", "train/dog/00.jpg"} <= set(out)


def test_many_changes_at_one_time_are_all_made(store: DatasetStore, dataset: Dataset) -> None:
    paths = list(dataset.images("train")["path"])[:6]

    with ThreadPoolExecutor(len(paths)) as pool:
        made = [pool.submit(add_edit, store, dataset, Edit("exclude", (path,))) for path in paths]
    assert [future.exception() for future in made] == [None] * len(paths)

    current = store.get(dataset.id)
    assert len(edits_of(current)) == len(paths)
    table = current.manifest().set_index("path")
    assert not table.loc[paths, "usable"].any()
    for _ in paths:
        current = undo(store, current)
    assert current.version == dataset.version


def test_the_users_folder_is_not_touched(settings: Settings, dataset: Dataset) -> None:
    before = {path: path.stat().st_mtime_ns for path in settings.data_dir.rglob("*")}

    add_edit(DatasetStore(settings.datasets_dir), dataset, Edit("exclude", ("val/dog/02.jpg",)))

    assert {p: p.stat().st_mtime_ns for p in settings.data_dir.rglob("*")} == before


def test_a_list_of_changes_that_is_broken_is_named(store: DatasetStore, dataset: Dataset) -> None:
    Path(dataset.path / "edits.json").write_text("{half", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"changes of Pets cannot be read.*edits\.json"):
        edits_of(dataset)


def test_each_change_says_what_it_is() -> None:
    assert Edit("relabel", ("a.jpg",), "dog").sentence() == "a.jpg relabelled as dog."
    assert Edit("move", ("a.jpg", "b.jpg"), "val").sentence() == "2 images moved to val."
    assert "60 % train" in Edit("split", plan=SplitPlan(val=0.2, test=0.2)).sentence()
