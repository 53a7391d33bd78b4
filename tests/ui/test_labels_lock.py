"""Two people on one data set: while one changes it, the other's controls are off, and say why."""

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.datasets.edits import Edit
from core.datasets.importing import import_folder
from core.settings import Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.people import Person, Role
from core.ui.data import labels_lock
from tests.datasets.pictures import pets, silent, write_folder
from tests.squares import squares
from tests.ui.app import words
from tests.ui.test_working_together import open_as

DATA = "pages/1_Data.py"
TICKED = "test/dog/03.jpg"
# What changes the data set, in each view; a name that ends with "_" begins a key.
CHANGING = {
    "images": {"tick_", "relabel_class", "relabel", "exclude", "undo", "delete_dataset"},
    "issues": {"gather", "leave_out", "leave_out_contested", "undo", "delete_dataset"},
    "split": {"split_shares", "split_seed", "split_together", "split_tie", "apply_split"},
}
KINDS = ("button", "checkbox", "selectbox", "slider", "number_input", "toggle", "button_group")


@pytest.fixture(autouse=True)
def roles(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_ADMINS", "ann@example.org")
    monkeypatch.setenv("UNFREEZE_TRAINERS", "tim@example.org")
    monkeypatch.setenv("UNFREEZE_VIEWERS", "vera@example.org")


@pytest.fixture
def tim(settings: Settings) -> Team:
    """Tim's hand on the installation, in a session of his own."""
    person = Person("tim@example.org", "Tim", Role.TRAINER)
    return Team(
        Settings.from_environment(), person, TeamBooks(TeamDatabase(settings.database_url)), "tims"
    )


@pytest.fixture
def dataset(settings: Settings, tim: Team) -> Dataset:
    """One with a picture in two splits and another in two classes; Tim has just changed it."""
    files = pets(16, ("train", "train", "val", "test"))
    files["test/dog/copy.jpg"] = files["train/dog/00.jpg"]
    files["train/cat/other.jpg"] = files["train/dog/01.jpg"]
    made = import_folder(write_folder(settings.data_dir / "Pets", files), settings, silent)
    return tim.data.edit(made, Edit("exclude", ("test/cat/03.jpg",)))


def controls(app: AppTest, names: set[str]) -> dict[str, bool]:
    """Whether each is disabled, by key."""
    found = {w.key: w.disabled for kind in KINDS for w in app.get(kind) if w.key}
    prefixes = tuple(name for name in names if name.endswith("_"))
    return {key: off for key, off in found.items() if key in names or key.startswith(prefixes)}


@pytest.mark.parametrize("view", CHANGING)
def test_all_that_changes_it_is_off_until_it_is_handed_over(
    view: str, dataset: Dataset, tim: Team
) -> None:
    ann = open_as("ann", DATA, view=view)
    if view == "images":  # ticked while it was still free
        ann.session_state[f"tick_{dataset.version}_{TICKED}"] = True
        ann.run()

    held = controls(ann, CHANGING[view])
    said = words(ann)
    tim.facts.give_labels_back(dataset.id)
    free = controls(ann.run(), CHANGING[view])

    assert not ann.exception
    assert set(held) == set(free) >= {n for n in CHANGING[view] if not n.endswith("_")}
    assert set(held.values()) == {True}
    assert set(free.values()) == {False}
    assert "**Tim** is changing this data set and began" in said
    assert "It is your turn in" in said
    assert "is changing" not in words(ann)


def test_the_camera_is_off_as_well(settings: Settings, tim: Team) -> None:
    dataset = squares(settings)
    tim.data.edit(dataset, Edit("exclude", ("0-00.png",)))
    names = {"camera_class", "camera_split", "camera_on"}

    assert controls(open_as("ann", DATA), names) == dict.fromkeys(names, True)
    assert controls(open_as("tim", DATA), names) == dict.fromkeys(names, False)


def test_who_changes_it_hands_it_over_once_somebody_waits(
    settings: Settings, dataset: Dataset, tim: Team
) -> None:
    page = open_as("tim", DATA)
    assert "hand_over" not in controls(page, {"hand_over"})
    person = Person("ann@example.org", "Ann", Role.ADMIN)
    ann = Team(settings, person, TeamBooks(TeamDatabase(settings.database_url)), "anns").facts
    ann.look("data", dataset.id)
    page.run()

    assert "Others can change this data set two minutes after" in words(page)
    assert ann.labels_held_by_other(dataset.id)
    page.button(key="hand_over").click().run()

    assert "hand_over" not in controls(page, {"hand_over"})
    assert not ann.labels_held_by_other(dataset.id)


def test_a_viewer_is_told_who_but_not_of_a_turn(dataset: Dataset) -> None:
    said = words(open_as("vera", DATA))

    assert "**Tim** is changing this data set and began" in said
    assert "your turn" not in said


def test_edits_and_the_lock_come_in_by_themselves(
    dataset: Dataset, tim: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RerunError(Exception):
        pass

    def rerun() -> None:
        raise RerunError

    monkeypatch.setattr(labels_lock.st, "rerun", rerun)
    monkeypatch.setattr(labels_lock.session, "team", lambda: tim)

    labels_lock._watch(dataset.id, dataset.version, "")
    for version, holder in (("the one before", ""), (dataset.version, "ann@example.org")):
        with pytest.raises(RerunError):
            labels_lock._watch(dataset.id, version, holder)
    with pytest.raises(RerunError):  # somebody has deleted it
        labels_lock._watch("gone", dataset.version, "")
