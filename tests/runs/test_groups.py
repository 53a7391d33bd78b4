"""Groups of runs: queued together, counted, stopped and deleted together."""

from pathlib import Path

import pytest

from core.config import FineTuneConfig, HeadConfig
from core.errors import RunError
from core.jobs.job import SLOT
from core.jobs.state import write_status
from core.queue.supervisor import _next
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import (
    delete_group,
    group_about,
    groups_of,
    new_mark,
    queue_group,
    standalone,
    stop_group,
)
from tests.alive import beat

HEAD = HeadConfig("data", "v1")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def seeds(store: RunStore, count: int = 3, about: str = "asked") -> list[Run]:
    return queue_group(store.create, new_mark("seeds", "Seeds", about), [HEAD] * count, "Digits")


def end(run: Run, state: RunState = RunState.COMPLETED) -> None:
    write_status(run.path, RunStatus(state, started=10.0, finished=18.0))


def test_members_are_ordinary_runs_that_name_their_group(store: RunStore) -> None:
    alone = store.create(HEAD)
    made = seeds(store)

    (group,) = groups_of(store.list())

    assert [run.id for run in group.runs] == [run.id for run in made]
    assert (group.mark.kind, group.mark.about) == ("seeds", "asked")
    assert [run.id for run in store.queued()] == [alone.id, *(run.id for run in made)]


def test_one_count_and_one_time_for_all(store: RunStore) -> None:
    first, second, _ = seeds(store)
    assert groups_of(store.list())[0].seconds_left is None
    end(first)
    write_status(second.path, RunStatus(RunState.RUNNING, "training", seconds_left=3.0))
    beat(second)

    group = groups_of(store.list())[0]

    # eight seconds for the one that waits, as the first one took
    assert (group.ended, len(group.runs), group.active, group.seconds_left) == (1, 3, True, 11.0)


def test_the_time_left_knows_heads_from_fine_tuning(store: RunStore) -> None:
    mark = new_mark("seeds", "Seeds", "asked")
    tuned = FineTuneConfig("head", HEAD, "block6")
    first, second, _, _ = queue_group(store.create, mark, [HEAD, tuned, HEAD, tuned])
    end(first)
    assert groups_of(store.list())[0].seconds_left == 24.0
    write_status(second.path, RunStatus(RunState.COMPLETED, started=10.0, finished=110.0))

    assert groups_of(store.list())[0].seconds_left == 108.0


def test_stopping_leaves_what_has_ended_and_deleting_waits_for_the_end(store: RunStore) -> None:
    first, *others = seeds(store)
    end(first)
    group = groups_of(store.list())[0]
    with pytest.raises(RunError, match="Seeds"):
        delete_group(store, group)
    assert len(store.list()) == 3

    stop_group(store, group)
    stopped = groups_of(store.list())[0]

    assert [r.status.state for r in stopped.runs] == ["completed", "stopped", "stopped"]
    assert not stopped.active
    delete_group(store, stopped)
    assert not store.list()
    assert others


def test_the_newest_group_of_a_run_counts(store: RunStore) -> None:
    seeds(store)
    newer = seeds(store)
    seeds(store, about="another")

    found = group_about(store.list(), "seeds", "asked")

    assert found is not None
    assert found.runs[0].id == newer[0].id
    assert group_about(store.list(), "sweep", "asked") is None


def test_members_stay_out_of_choices_unless_they_are_named(store: RunStore) -> None:
    alone = store.create(HEAD)
    head, other = seeds(store, 2)
    (tuned,) = queue_group(
        store.create, new_mark("seeds", "Seeds", "asked"), [FineTuneConfig(head.id, HEAD, "block6")]
    )
    runs = store.list()

    assert standalone(runs) == [store.get(alone.id)]
    assert {run.id for run in standalone(runs, tuned.id)} == {alone.id, tuned.id, head.id}
    assert other.id in {run.id for run in standalone(runs, other.id)}


def test_a_damaged_mark_leaves_a_run_that_stands_alone(store: RunStore) -> None:
    (run,) = seeds(store, 1)
    path = run.path / "config.json"
    path.write_text(path.read_text().replace('"kind": "seeds"', '"other": 1'))

    assert store.get(run.id).group is None


@pytest.mark.parametrize(
    ("state", "waits"),
    [(RunState.RUNNING, True), (RunState.COMPLETED, False), (RunState.FAILED, False)],
)
def test_fine_tuning_waits_for_its_head(store: RunStore, state: RunState, waits: bool) -> None:
    head = store.create(HEAD)
    tuned = store.create(FineTuneConfig(head.id, HEAD, "block6"))
    write_status(head.path, RunStatus(state))  # on another host: it is not adopted
    beat(head)
    later = store.create(HEAD)

    claimed = _next(store.runs_dir.parent, SLOT, set())

    assert claimed is not None
    with claimed[1]:
        assert claimed[0].folder.name == (later.id if waits else tuned.id)


def test_fine_tuning_of_a_deleted_head_begins_and_says_so(store: RunStore) -> None:
    tuned = store.create(FineTuneConfig("gone", HEAD, "block6"))

    assert [run.id for run in store.startable()] == [tuned.id]
