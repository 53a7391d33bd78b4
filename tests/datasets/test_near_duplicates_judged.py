"""What a person says of all near-duplicates: a change of the edit layer, and which pairs to ask."""

from collections.abc import Sequence

import pandas as pd
import pytest

from core.datasets import Dataset, DatasetStore
from core.datasets.camera import add_picture
from core.datasets.doubt import doubtful_pairs, near_duplicate_share
from core.datasets.edits import Edit, add_edit, edits_of, undo
from core.datasets.regroup import keep_exact_copies
from core.errors import DatasetError
from core.settings import Settings
from tests.datasets.pictures import jpeg
from tests.tied import tied

DIFFERENT = Edit("near_duplicates", value="different")
SAME = Edit("near_duplicates", value="same")


@pytest.fixture
def store(settings: Settings) -> DatasetStore:
    return DatasetStore(settings.datasets_dir)


def split_counts(dataset: Dataset) -> dict[str, int]:
    return dict(dataset.manifest()["split"].value_counts())


def test_different_images_keep_only_equal_files_grouped_and_are_split_again(
    settings: Settings, store: DatasetStore
) -> None:
    before = tied(settings)
    assert max(split_counts(before).values()) >= 34
    assert any("one group" in note for note in before.notes)

    after = add_edit(store, before, DIFFERENT)

    table = after.manifest()
    assert after.version != before.version
    assert table.loc[table["group"] > 0, "sha256"].nunique() == 1
    assert (table["group"] > 0).sum() == 2
    assert table.loc[table["group"] > 0, "split"].nunique() == 1
    counts = table.groupby(["class_name", "split"]).size().unstack()
    assert counts[["val", "test"]].isin([3, 4]).all(axis=None)
    assert "near" not in "".join(table["issues"])
    assert not any("one group" in note for note in after.notes)
    assert sum("Split by the app" in note for note in after.notes) == 1

    back = undo(store, after)
    assert (back.version, back.notes, edits_of(back)) == (before.version, before.notes, ())
    assert split_counts(back) == split_counts(before)


def test_a_split_that_the_data_set_brought_stays(settings: Settings, store: DatasetStore) -> None:
    before = tied(settings, ("train", "train", "val", "test"))

    after = add_edit(store, before, DIFFERENT)

    assert (after.manifest()["split"] == before.manifest()["split"]).all()
    assert (after.manifest()["group"] > 0).sum() == 2


def test_the_same_images_stay_as_they_are_and_runs_keep_their_version(
    settings: Settings, store: DatasetStore
) -> None:
    before = tied(settings)

    after = add_edit(store, before, SAME)

    pd.testing.assert_frame_equal(after.manifest(), before.manifest())
    assert after.version == before.version
    assert edits_of(after) == (SAME,)
    assert edits_of(undo(store, after)) == ()


def test_other_changes_hold_whenever_the_answer_comes(
    settings: Settings, store: DatasetStore
) -> None:
    before = tied(settings)
    paths = tuple(before.manifest()["path"][:2])
    moved = add_edit(store, before, Edit("move", paths, "test"), Edit("exclude", paths[:1]))

    after = add_edit(store, moved, DIFFERENT)
    changed = add_edit(store, after, SAME)

    table = after.manifest().set_index("path")
    assert set(table.loc[list(paths), "split"]) == {"test"}
    assert not table.loc[paths[0], "usable"]
    # The last answer counts, whoever gave it on an older view of the page.
    pd.testing.assert_frame_equal(changed.manifest(), moved.manifest())


def test_one_more_picture_does_not_move_the_others(settings: Settings, store: DatasetStore) -> None:
    after = add_edit(store, tied(settings), DIFFERENT)

    more = add_picture(store, after, jpeg(999), "cat", settings.max_pixels)

    splits = more.manifest().set_index("path")["split"]
    before = after.manifest().set_index("path")["split"]
    assert (splits[before.index] == before).all()


def test_an_answer_that_nobody_can_give_changes_nothing(
    settings: Settings, store: DatasetStore
) -> None:
    dataset = tied(settings)

    with pytest.raises(DatasetError, match=r"no answer 'perhaps'.*same, different"):
        add_edit(store, dataset, Edit("near_duplicates", value="perhaps"))

    assert edits_of(dataset) == ()


def test_each_answer_says_what_it_is() -> None:
    assert "marked as different" in DIFFERENT.sentence()
    assert "confirmed as the same" in SAME.sentence()


def manifest(groups: Sequence[int], digests: str = "", **columns: object) -> pd.DataFrame:
    names = list("abcdefghijkl"[: len(groups)])
    table = pd.DataFrame({"path": names, "sha256": list(digests) or names, "group": groups})
    return table.assign(usable=True, class_name="x").assign(**columns)


def pairs(table: pd.DataFrame) -> list[str]:
    return ["".join(pair["path"]) for pair in doubtful_pairs(table)]


@pytest.mark.parametrize(
    ("groups", "digests", "share"),
    [
        ([0, 0, 0, 0], "abcd", 0),
        ([1, 1, 0, 0], "abcd", 0.5),
        # Equal files count once, and a group of nothing else is no near-duplicate.
        ([1, 1, 2, 2], "aabb", 0),
        ([1, 1, 1, 0], "aabc", 2 / 3),
    ],
)
def test_equal_files_are_no_near_duplicates(groups: list[int], digests: str, share: float) -> None:
    assert near_duplicate_share(manifest(groups, digests)) == pytest.approx(share)


def test_what_is_not_used_does_not_count() -> None:
    table = manifest([1, 1, 0, 0], usable=[True, False, True, True])

    assert near_duplicate_share(table) == 0
    assert doubtful_pairs(table) == []


def test_pairs_with_the_least_evidence_come_first_one_of_each_group() -> None:
    table = manifest(
        [1, 1, 1, 2, 2, 3, 3, 4, 4, 0],
        evidence=[0.0, 0.01, 0.02, 0.0, 0.3, 0.2, 0.0, 0.0, 0.1, 0.0],
    )

    # The centre stands first; b and c lie in one group.
    assert pairs(table) == ["ab", "hi", "gf"]
    assert pairs(table[table["group"] == 1]) == ["ab", "ac"]


def test_without_evidence_pairs_of_two_classes_and_large_groups_come_first() -> None:
    table = manifest([1, 1, 2, 2, 2, 3, 3, 0], class_name=list("xxxxxxyx"))

    assert pairs(table) == ["fg", "cd", "ab"]


def test_equal_files_are_grouped_within_their_group_alone() -> None:
    table = manifest([1, 1, 1, 2, 2, 0], "aabccd", evidence=[0.0, 0, 0.2, 0, 0, 0])

    kept = keep_exact_copies(table)

    assert list(kept["group"]) == [1, 1, 0, 2, 2, 0]
    assert not kept["evidence"].any()
