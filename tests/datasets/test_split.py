"""Division by shares, by class, and by what must stay together."""

import pandas as pd
import pytest

from core.datasets.manifest import COLUMNS
from core.datasets.split import SplitPlan, complete_splits, divide, divide_with_notes
from core.errors import DatasetError


def table(per_class: dict[str, int], groups: dict[str, int] | None = None) -> pd.DataFrame:
    rows = [
        (f"{name}/{i:03d}.jpg", name, label, "", 9, 9, 9, "RGB", "JPEG", f"{name}{i}", "", True)
        for label, (name, count) in enumerate(per_class.items())
        for i in range(count)
    ]
    manifest = pd.DataFrame(rows, columns=list(COLUMNS))
    return manifest.assign(group=manifest["path"].map(groups or {}).fillna(0).astype(int))


def counts(manifest: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    table = manifest.groupby(["class_name", "split"]).size().unstack(fill_value=0)
    table = table.reindex(columns=["train", "val", "test"], fill_value=0)
    return {name: tuple(int(n) for n in row) for name, row in zip(table.index, table.to_numpy())}  # noqa: B905


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (SplitPlan(), (70, 15, 15)),
        (SplitPlan(val=0.2, test=0.3), (50, 20, 30)),
        (SplitPlan(val=0.0, test=0.1), (90, 0, 10)),
    ],
)
def test_shares_are_kept_in_every_class(plan: SplitPlan, expected: tuple[int, ...]) -> None:
    got = counts(divide(table({"cat": 100, "dog": 100}), plan))

    assert got == {"cat": expected, "dog": expected}


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    manifest = table({"cat": 40, "dog": 30})
    by_path = divide(manifest, SplitPlan()).set_index("path")["split"]
    shuffled = divide(manifest.sample(frac=1, random_state=3), SplitPlan()).set_index("path")
    other = divide(manifest, SplitPlan(seed=1)).set_index("path")["split"]

    assert by_path.equals(shuffled["split"].reindex(by_path.index))
    assert not by_path.equals(other)


def test_copies_of_one_picture_stay_together_and_the_shares_hold() -> None:
    groups = {f"{name}/{i:03d}.jpg": 1 + i // 4 for name in ("cat", "dog") for i in range(20)}
    manifest = table({"cat": 100, "dog": 100}, groups)

    divided = divide(manifest, SplitPlan())
    apart = divide(manifest, SplitPlan(together=False))

    tied = divided[divided["group"] > 0].groupby("group")["split"].nunique()
    assert (tied == 1).all()
    assert counts(divided) == {"cat": (70, 15, 15), "dog": (70, 15, 15)}
    assert apart[apart["group"] > 0].groupby("group")["split"].nunique().max() > 1


def test_a_pattern_keeps_the_images_of_one_patient_together() -> None:
    manifest = table({"sick": 60, "well": 60})
    classes = list(manifest["class_name"])
    manifest["path"] = [f"{c}/p{i % 60 // 6}_{i}.jpg" for i, c in enumerate(classes)]

    divided = divide(manifest, SplitPlan(pattern=r"(p\d+)_"))

    patients = divided.assign(patient=divided["path"].str.extract(r"(p\d+)_")[0])
    assert (patients.groupby("patient")["split"].nunique() == 1).all()
    assert sorted(divided["split"].value_counts()) == [12, 24, 84]


def test_images_without_a_match_are_on_their_own() -> None:
    manifest = table({"cat": 100, "dog": 100})

    assert counts(divide(manifest, SplitPlan(pattern="nothing like it"))) == {
        "cat": (70, 15, 15),
        "dog": (70, 15, 15),
    }


def test_ties_of_both_kinds_add_up() -> None:
    manifest = table({"cat": 6, "dog": 50}, {"cat/001.jpg": 1, "cat/002.jpg": 1})
    manifest.loc[:2, "path"] = ["cat/a_0.jpg", "cat/a_1.jpg", "cat/b_0.jpg"]
    manifest.loc[:2, "group"] = [0, 1, 1]

    divided = divide(manifest, SplitPlan(pattern=r"/([ab])_"))

    assert divided.loc[:2, "split"].nunique() == 1


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (SplitPlan(val=0.5, test=0.5), "50 % validation and 50 % test leave nothing"),
        (SplitPlan(val=-0.1), "leave nothing to train"),
        (SplitPlan(pattern="(patient"), r"'\(patient' is no regular expression"),
    ],
)
def test_what_cannot_be_divided_is_told(plan: SplitPlan, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        divide(table({"cat": 10, "dog": 10}), plan)


def test_unusable_images_take_no_place() -> None:
    manifest = table({"cat": 120, "dog": 100})
    manifest.loc[:19, "usable"] = False

    divided = divide(manifest, SplitPlan())

    assert (divided.loc[:19, "split"] == "train").all()
    assert counts(divided[divided["usable"]])["cat"] == (70, 15, 15)


def test_a_first_division_keeps_copies_together_too() -> None:
    groups = {f"cat/{i:03d}.jpg": 1 + i // 2 for i in range(100)}

    divided, notes = complete_splits(table({"cat": 100, "dog": 100}, groups))

    tied = divided[divided["group"] > 0].groupby("group")["split"].nunique()
    assert (tied == 1).all()
    assert counts(divided)["cat"] == (70, 16, 14)
    assert notes == ["Split by the app: 70 % train, 15 % val, 15 % test of each class."]


def test_twenty_five_thousand_images_are_divided_at_once() -> None:
    manifest = table({f"class {i}": 1000 for i in range(25)})

    sizes = divide(manifest, SplitPlan())["split"].value_counts()

    assert (sizes["train"], sizes["val"], sizes["test"]) == (17_500, 3_750, 3_750)


def test_a_class_that_is_mostly_one_burst_is_named_with_numbers() -> None:
    groups = {f"bolt/{i:03d}.jpg": 1 for i in range(46)}

    divided, notes = divide_with_notes(table({"bolt": 50, "nut": 50}, groups), SplitPlan())

    assert divided[divided["group"] > 0]["split"].nunique() == 1
    assert counts(divided)["nut"] == (35, 8, 7) or counts(divided)["nut"] == (35, 7, 8)
    assert all(n > 0 for n in counts(divided)["bolt"])
    (note,) = notes
    assert "“bolt”: 46 of 50 images belong to one group" in note
    assert "instead of 8" in note


def test_images_that_are_all_copies_of_each_other_are_split_all_the_same() -> None:
    groups = {f"{name}/{i:03d}.jpg": 1 for name in ("cat", "dog") for i in range(20)}

    divided, notes = complete_splits(table({"cat": 20, "dog": 20}, groups))

    assert counts(divided) == {"cat": (14, 3, 3), "dog": (14, 3, 3)}
    assert any("duplicates of each other" in note for note in notes)


def test_a_pattern_that_ties_everything_together_is_refused() -> None:
    manifest = table({"cat": 20, "dog": 20})
    manifest["path"] = manifest["path"].str.replace("dog/0", "dog/cat0")

    with pytest.raises(DatasetError, match="belong together form only"):
        divide(manifest, SplitPlan(pattern="(cat)"))
    with pytest.raises(DatasetError, match="belong together form only"):
        divide(table({"cat": 20, "dog": 20}), SplitPlan(pattern="(cat|dog)"))


def test_a_class_of_three_images_has_one_in_each_split() -> None:
    assert counts(divide(table({"rare": 3, "cat": 100}), SplitPlan()))["rare"] == (1, 1, 1)


def test_a_class_that_is_small_is_not_blamed_on_groups() -> None:
    small = table({"rare": 2, "few": 3, "many": 50})

    assert divide_with_notes(small, SplitPlan(val=0.5, test=0.3))[1] == []


def test_a_pattern_that_ties_each_class_together_is_refused() -> None:
    manifest = table({"bolt": 50, "nut": 50, "screw": 50})

    with pytest.raises(DatasetError, match="in every class, as those of 'bolt'"):
        divide(manifest, SplitPlan(pattern="^(.*)/"))
