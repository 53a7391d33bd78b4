"""Every action as every role, against a table that was written by hand."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.config import HeadConfig, RateTestConfig, TrainingConfig
from core.datasets import Dataset
from core.datasets.edits import Edit
from core.errors import DatasetError, NotAllowedError, RunError, TeamError
from core.evaluation.rejection import Rejection
from core.files import write_json
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import groups_of
from core.runs.store import write_status
from core.settings import Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.people import ANYBODY
from core.team.permissions import RULES, Action
from tests.alive import beat
from tests.team.conftest import ADA, PEOPLE, TINA, TOM, VERA

YES, NO = True, False
# The columns of the table. What is done is done to a thing of the owner, who is a trainer.
ROLES = ("viewer", "trainer", "owner", "admin", "anybody")
TABLE = {
    Action.PREDICT: (YES, YES, YES, YES, YES),
    Action.HEAT_MAPS: (YES, YES, YES, YES, YES),
    Action.BATCH: (NO, YES, YES, YES, YES),
    Action.EXPORT: (NO, YES, YES, YES, YES),
    Action.START_RUN: (NO, YES, YES, YES, YES),
    Action.STOP_RUN: (NO, NO, YES, YES, YES),
    Action.RESUME_RUN: (NO, NO, YES, YES, YES),
    Action.KILL_RUN: (NO, NO, YES, YES, YES),
    Action.MOVE_RUN_UP: (NO, NO, YES, YES, YES),
    Action.DELETE_RUN: (NO, NO, YES, YES, YES),
    Action.SET_THRESHOLD: (NO, NO, YES, YES, YES),
    Action.IMPORT_DATA: (NO, YES, YES, YES, YES),
    Action.EDIT_DATA: (NO, YES, YES, YES, YES),
    Action.DELETE_DATA: (NO, NO, YES, YES, YES),
    # Without a login there is nobody from whom anything could be kept.
    Action.SHARE: (NO, NO, YES, YES, NO),
    Action.WRITE_NOTE: (NO, YES, YES, YES, YES),
    Action.DELETE_NOTE: (NO, NO, YES, YES, YES),
    Action.PIN_RUN: (NO, YES, YES, YES, YES),
    Action.DELETE_FEATURES: (NO, NO, NO, YES, YES),
    Action.END_PROCESSES: (NO, NO, NO, YES, YES),
    Action.START_TENSORBOARD: (NO, NO, NO, YES, YES),
}
# What is left to everybody of a private thing of the owner's: to the owner and admins everything
# that the table has; to others nothing.
ON_A_RUN = [
    Action.PREDICT,
    Action.HEAT_MAPS,
    Action.BATCH,
    Action.EXPORT,
    Action.STOP_RUN,
    Action.DELETE_RUN,
    Action.WRITE_NOTE,
    Action.PIN_RUN,
]


@dataclass
class World:
    """A workspace with a data set, a run and a note of Tina's."""

    settings: Settings
    dataset: Dataset
    run: Run
    books: TeamBooks


@pytest.fixture
def world(
    settings: Settings,
    books: TeamBooks,
    make_dataset: Callable[..., Dataset],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    for name in (
        "task_acts.ask",
        "task_acts.request_stop",
        "task_acts.heatmaps.ask_for",
        "task_acts.end_all",
        "task_acts.tensorboard.start",
    ):
        monkeypatch.setattr(f"core.team.{name}", lambda *args, **more: None)
    dataset = make_dataset(2, 5)
    books.owners.claim("dataset", [dataset.id], TINA.email)
    (settings.data_dir / "more").mkdir(parents=True)
    made = World(settings, dataset, new_run(settings, dataset), books)
    made.run = tinas_run(made)
    return made


def tinas_run(world: World) -> Run:
    """A new run of Tina's, with a note; those before it have ended."""
    store = RunStore(world.settings.runs_dir)
    for before in store.list():
        write_status(before.path, RunStatus(RunState.STOPPED))
        before.resume_path.unlink(missing_ok=True)
    run = new_run(world.settings, world.dataset)
    world.books.owners.claim("run", [run.id], TINA.email)
    world.books.notes.write(run.id, TINA.email, "mine")
    return run


def new_run(settings: Settings, dataset: Dataset) -> Run:
    training = TrainingConfig(epochs=3)
    config = HeadConfig(dataset.id, dataset.version, image_size=32, training=training)
    return RunStore(settings.runs_dir).create(config, dataset.name)


def ended(world: World) -> Run:
    write_status(world.run.path, RunStatus(RunState.STOPPED))
    return world.run


def running(world: World) -> Run:
    write_status(world.run.path, RunStatus(RunState.RUNNING))
    beat(world.run)
    return world.run


def moved_up(team: Team, world: World) -> None:
    second = new_run(world.settings, world.dataset)
    world.books.owners.claim("run", [second.id], TINA.email)
    team.runs.move_up(second.id)


def deleted_data(team: Team, world: World) -> None:
    ended(world)
    team.data.delete(world.dataset)


CALLS: dict[Action, Callable[[Team, World], object]] = {
    Action.PREDICT: lambda team, w: team.tasks.predict(w.run, 2),
    Action.HEAT_MAPS: lambda team, w: team.tasks.heat_maps([w.run], ["a.png"]),
    Action.BATCH: lambda team, w: team.tasks.batch_of_folder(w.run, w.settings.data_dir / "more"),
    Action.EXPORT: lambda team, w: team.tasks.export(w.run, "onnx"),
    Action.START_RUN: lambda team, w: team.runs.start(w.run.config, w.dataset),
    Action.STOP_RUN: lambda team, w: team.runs.stop(w.run.id),
    Action.RESUME_RUN: lambda team, w: team.runs.resume(ended(w).id),
    Action.KILL_RUN: lambda team, w: team.runs.kill(running(w).id),
    Action.MOVE_RUN_UP: moved_up,
    Action.DELETE_RUN: lambda team, w: team.runs.delete(ended(w).id),
    Action.SET_THRESHOLD: lambda team, w: team.runs.keep_threshold(
        w.run, Rejection(0.9, 0.01, "val", 100, 0.8)
    ),
    Action.IMPORT_DATA: lambda team, w: team.data.import_bundled("clipart"),
    Action.EDIT_DATA: lambda team, w: team.data.edit(
        w.dataset, Edit("exclude", (str(w.dataset.manifest()["path"].iloc[0]),))
    ),
    Action.DELETE_DATA: deleted_data,
    Action.SHARE: lambda team, w: team.facts.share("run", w.run.id, private=True),
    Action.WRITE_NOTE: lambda team, w: team.facts.write_note(w.run.id, "seen"),
    Action.DELETE_NOTE: lambda team, w: team.facts.delete_note(w.books.notes.of(w.run.id)[0].id),
    Action.PIN_RUN: lambda team, w: team.facts.pin(w.run.id),
    Action.DELETE_FEATURES: lambda team, w: team.tasks.delete_features([]),
    Action.END_PROCESSES: lambda team, w: team.tasks.end_processes(),
    Action.START_TENSORBOARD: lambda team, w: team.tasks.start_tensorboard(),
}


def test_the_table_has_every_action() -> None:
    assert set(TABLE) == set(CALLS) == set(RULES) == set(Action)


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Reading 520 images would take a second a role."""
    monkeypatch.setattr("core.team.data_acts.load_bundled", lambda *args: world.dataset)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("sample")
def test_every_action_as_every_role(
    role: str, world: World, as_person: Callable[..., Team]
) -> None:
    person, team, audit = PEOPLE[role], as_person(PEOPLE[role]), world.books.audit
    done: dict[Action, bool] = {}
    # The data set goes last: the other actions need it.
    for action in sorted(Action, key=lambda action: action is Action.DELETE_DATA):
        world.run = tinas_run(world)
        before = len(audit.read())
        try:
            CALLS[action](team, world)
        except NotAllowedError as error:
            assert error.way_out
            assert len(audit.read()) == before
            done[action] = False
        else:
            newest = audit.read()[0]
            assert (newest.action, newest.who) == (action.value, person.email)
            done[action] = True

    assert done == {action: row[ROLES.index(role)] for action, row in TABLE.items()}


@pytest.mark.parametrize("action", ON_A_RUN)
@pytest.mark.parametrize("kind", ["run", "dataset"])
def test_nothing_of_a_private_run_is_left_to_others(
    action: Action, kind: str, world: World, as_person: Callable[..., Team]
) -> None:
    thing = world.run.id if kind == "run" else world.dataset.id
    as_person(TINA).facts.share(kind, thing, private=True)  # type: ignore[arg-type]

    for person in (VERA, TOM):
        with pytest.raises((NotAllowedError, RunError), match=r"private|Only a trainer"):
            CALLS[action](as_person(person), world)
    for person in (ADA, TINA):
        assert as_person(person).seen_runs.get(world.run.id).id == world.run.id


def test_private_things_are_neither_listed_nor_opened(
    world: World, as_person: Callable[..., Team]
) -> None:
    as_person(TINA).facts.share("dataset", world.dataset.id, private=True)

    tom, tina = as_person(TOM), as_person(TINA)

    assert (tom.seen_datasets.list(), tom.seen_runs.list()) == ([], [])
    assert tina.seen_runs.list()[0].id == world.run.id
    with pytest.raises(DatasetError, match=r"private.*tina"):
        tom.seen_datasets.get(world.dataset.id)
    with pytest.raises(DatasetError, match="private"):
        tom.runs.start(world.run.config, world.dataset)
    assert tom.seen_runs.hidden(world.run.id) is not None
    assert tom.seen_runs.hidden("there-is-none") is None
    world.books.owners.share("dataset", world.dataset.id, private=False)
    assert tom.seen_runs.list()[0].id == world.run.id


def test_the_feed_does_not_tell_of_private_things_even_when_they_are_gone(
    world: World, as_person: Callable[..., Team]
) -> None:
    tina = as_person(TINA)
    tina.runs.stop(world.run.id)
    tina.facts.share("run", world.run.id, private=True)
    tina.runs.delete(world.run.id)

    assert [deed.action for deed in as_person(TOM).facts.feed()] == []
    assert [deed.action for deed in tina.facts.feed()] == ["delete_run", "share", "stop_run"]


def test_nobody_passes_somebody_elses_run(world: World, as_person: Callable[..., Team]) -> None:
    toms = as_person(TOM).runs.start(world.run.config, world.dataset)

    with pytest.raises(NotAllowedError, match="tina@"):
        as_person(TOM).runs.move_up(toms.id)
    as_person(ADA).runs.move_up(toms.id)

    assert [run.id for run in RunStore(world.settings.runs_dir).queued()] == [toms.id, world.run.id]


def test_a_group_is_stopped_by_its_owner_alone(
    world: World, as_person: Callable[..., Team]
) -> None:
    write_json(world.run.path / "account.json", {})
    as_person(TINA).runs.queue_shares(ended(world))
    runs = RunStore(world.settings.runs_dir)
    group = groups_of(runs.list())[0]

    with pytest.raises(NotAllowedError):
        as_person(TOM).runs.stop_group(group)
    as_person(TINA).runs.stop_group(group)

    assert len(group.runs) == 4
    assert {runs.get(run.id).status.state for run in group.runs} == {RunState.STOPPED}
    assert {run.started_by for run in group.runs} == {"Tina"}
    owners = {world.books.owners.of("run", run.id).owner for run in group.runs}
    assert owners == {TINA.email}


def test_what_was_there_before_the_login_is_nobodys(
    settings: Settings, make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset()
    run = as_person(ANYBODY).runs.start(new_run(settings, dataset).config, dataset)

    with pytest.raises(NotAllowedError, match="nobody"):
        as_person(TOM).runs.stop(run.id)
    as_person(ADA).runs.stop(run.id)

    assert as_person(TOM).seen_runs.get(run.id).started_by == ""


def test_the_same_images_again_stay_their_first_owners(
    world: World, as_person: Callable[..., Team], tmp_path: Path
) -> None:
    folder = world.settings.data_dir / "more"
    for name in ("a", "b"):
        (folder / name).mkdir()
        for number, image in enumerate(sorted(world.dataset.root.rglob("*.png"))[:6]):
            (folder / name / f"{number}.png").write_bytes(image.read_bytes())
    made = as_person(TOM).data.import_folder(folder, lambda done, total: None)

    again = as_person(TINA).data.import_folder(folder, lambda done, total: None)

    assert (made.id, world.books.owners.of("dataset", made.id).owner) == (again.id, TOM.email)
    as_person(TOM).facts.share("dataset", made.id, private=True)
    with pytest.raises(NotAllowedError, match="private"):
        as_person(TINA).data.import_folder(folder, lambda done, total: None)


def test_two_do_not_change_one_data_set_at_a_time(
    world: World, as_person: Callable[..., Team]
) -> None:
    paths = [str(path) for path in world.dataset.manifest()["path"]]
    as_person(TINA).data.edit(world.dataset, Edit("exclude", (paths[0],)))

    with pytest.raises(NotAllowedError, match="Tina is changing"):
        as_person(TOM, "other").data.edit(world.dataset, Edit("exclude", (paths[1],)))
    with pytest.raises(NotAllowedError, match="Tina is changing"):
        as_person(ADA, "third").data.delete(world.dataset)
    held = as_person(TOM, "other").facts.labels_held_by_other(world.dataset.id)
    as_person(TINA).facts.give_labels_back(world.dataset.id)
    as_person(TOM, "other").data.edit(world.dataset, Edit("exclude", (paths[1],)))

    assert held is not None and held.name == "Tina"
    # Without a login two sessions are told apart as well.
    with pytest.raises(NotAllowedError):
        as_person(ANYBODY, "third").data.undo(world.dataset)


def test_a_data_set_in_use_is_not_deleted_though_the_run_is_not_seen(
    world: World, as_person: Callable[..., Team]
) -> None:
    as_person(ADA).runs.start(world.run.config, world.dataset)
    ended(world)

    with pytest.raises(DatasetError, match="1 run is using"):
        as_person(TINA).data.delete(world.dataset)


def test_a_data_sets_learning_rate_tests_go_with_it(
    world: World, as_person: Callable[..., Team]
) -> None:
    ended(world)
    tina = as_person(TINA)
    test = tina.runs.start(RateTestConfig(world.run.base), world.dataset)
    write_status(test.path, RunStatus(RunState.COMPLETED))

    tina.data.delete(world.dataset)

    assert not test.path.exists()
    assert world.books.owners.of("run", test.id).owner == ""
    left = RunStore(world.settings.runs_dir).list(rate_tests=True)
    assert {run.is_rate_test for run in left} == {False}  # trained runs stay, with their models


def test_an_uploaded_zip_is_classified_in_the_runs_folder(
    world: World, as_person: Callable[..., Team]
) -> None:
    as_person(TOM).tasks.batch_of_upload(world.run, io.BytesIO(b"zip"), 3)

    assert (world.run.path / "batch" / "upload.zip").read_bytes() == b"zip"
    with pytest.raises(RunError, match="no folder"):
        as_person(TOM).tasks.batch_of_folder(world.run, Path("/etc"))


def test_without_a_login_a_lost_database_hinders_nothing(world: World, tmp_path: Path) -> None:
    lost = TeamBooks(TeamDatabase("sqlite:////proc/no/such/place/team.db"))
    anybody, tom = (Team(world.settings, p, lost) for p in (ANYBODY, TOM))

    run = anybody.runs.start(world.run.config, world.dataset)
    anybody.data.edit(
        world.dataset, Edit("exclude", (str(world.dataset.manifest()["path"].iloc[0]),))
    )
    anybody.tasks.predict(run, 5)
    anybody.runs.stop(run.id)

    assert RunStore(world.settings.runs_dir).get(run.id).status.state is RunState.STOPPED
    with pytest.raises(TeamError):
        tom.runs.start(world.run.config, world.dataset)
