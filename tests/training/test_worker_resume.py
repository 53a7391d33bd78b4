"""Runs that are stopped, killed and resumed, as real processes."""

import json
import os
import resource
import signal
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from core.config import FineTuneConfig, RunConfig
from core.runs import Run, RunState, RunStore
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import Settings
from tests.patience import PATIENCE_S, wait_until
from tests.squares import squares
from tests.training.prodded_worker import prod
from tests.workshop import FAST, Workshop, saved_weights


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    settings = Settings(workspace=tmp_path_factory.mktemp("workspace"))
    return Workshop(settings, squares(settings), RunStore(settings.runs_dir))


@pytest.fixture(scope="module")
def whole_head(workshop: Workshop) -> Run:
    """A head run that nothing disturbed."""
    return workshop.train(workshop.head_config())


def prodded(workshop: Workshop, run: Run, deed: str, epoch: int) -> int:
    """Trains a run that is asked to stop, or dies, after an epoch; the exit code."""
    first = partial(prod, deed, epoch, run.path)
    return workshop.start_again(run, first).wait(PATIENCE_S)


def long_silent(run: Run) -> None:
    """Nobody need wait until the heartbeat of a dead process counts as old."""
    os.utime(run.path / "heartbeat", (0, 0))


def epochs(run: Run) -> list[int]:
    return epoch_table(read_metrics(run.metrics_path))["epoch"].tolist()


def disturbed(workshop: Workshop, config: RunConfig) -> Run:
    """Stops the run, resumes it, kills it, resumes it."""
    store = workshop.store
    run, last = store.create(config), config.training.epochs
    assert prodded(workshop, run, "stop", last // 4) == 0
    stopped = store.get(run.id)
    assert stopped.status.state is RunState.STOPPED
    assert stopped.has_model
    assert 0 < stopped.status.results["epochs_done"] < last

    store.request_resume(run.id)
    assert prodded(workshop, run, "die", last // 2) == -signal.SIGKILL
    long_silent(run)
    assert store.get(run.id).status.state is RunState.FAILED
    assert "unexpectedly" in (store.get(run.id).status.error or {})["what"]

    store.request_resume(run.id)
    assert workshop.start_again(run).wait(PATIENCE_S) == 0
    return store.get(run.id)


def assert_same(run: Run, other: Run) -> None:
    assert run.status.state is other.status.state is RunState.COMPLETED
    names = ("best_epoch", "epochs_done", "val_accuracy", "val_loss", "test_accuracy")
    for name in names:
        assert run.status.results[name] == other.status.results[name]
    ours, theirs = saved_weights(run), saved_weights(other)
    assert list(ours) == list(theirs)
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


@pytest.mark.slow
def test_a_head_run_survives_stop_and_kill(workshop: Workshop) -> None:
    config = replace(workshop.head_config(), training=replace(FAST, epochs=40))
    whole = workshop.train(config)

    run = disturbed(workshop, config)

    assert_same(run, whole)
    assert epochs(run) == list(range(1, 41))
    assert run.status.attempts == 3
    assert not run.checkpoints_path.exists()
    assert not run.resume_path.exists()


@pytest.mark.slow
def test_a_fine_tuning_run_survives_stop_and_kill_with_its_proof(
    workshop: Workshop, whole_head: Run
) -> None:
    head = whole_head
    training = replace(FAST, learning_rate=1e-3, epochs=12)
    config = FineTuneConfig(head.id, head.base, "block7", training=training)
    whole = workshop.train(config)

    run = disturbed(workshop, config)

    assert_same(run, whole)
    proof, expected = (json.loads(r.account_path.read_text())["proof"] for r in (run, whole))
    assert proof == expected
    assert proof["unfrozen_changed"] == proof["unfrozen_tensors"]


@pytest.mark.slow
def test_a_run_that_was_stopped_before_its_first_epoch_ended_goes_on(
    workshop: Workshop, whole_head: Run
) -> None:
    run = workshop.store.create(workshop.head_config())
    assert prodded(workshop, run, "stop", 0) == 0
    stopped = workshop.store.get(run.id)
    assert stopped.status.state is RunState.STOPPED
    assert not stopped.has_model

    workshop.store.request_resume(run.id)
    assert workshop.start_again(run).wait(PATIENCE_S) == 0

    assert_same(workshop.store.get(run.id), whole_head)


@pytest.mark.slow
def test_two_processes_at_once_train_a_run_once(workshop: Workshop) -> None:
    run = workshop.store.create(workshop.head_config())
    processes = [workshop.start_again(run) for _ in range(2)]

    assert [process.wait(PATIENCE_S) for process in processes] == [0, 0]
    assert workshop.store.get(run.id).status.attempts == 1
    assert epochs(run) == [1, 2, 3, 4]
    assert len(read_metrics(run.metrics_path)) == len(
        {json.dumps(row) for row in read_metrics(run.metrics_path)}
    )


@pytest.mark.slow
def test_a_process_that_hangs_is_killed(workshop: Workshop) -> None:
    config = replace(workshop.head_config(), training=replace(FAST, epochs=5000))
    run, process = workshop.start(config)
    assert wait_until(lambda: len(epochs(run)) > 2)
    process.send_signal(signal.SIGSTOP)

    workshop.store.kill(run.id)

    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    long_silent(run)
    assert workshop.store.get(run.id).status.state is RunState.FAILED
    assert (workshop.store.get(run.id).status.error or {})["what"].endswith("ended by force.")


def limit_files(largest: int) -> None:
    """Refuses to write larger files, with an error instead of a signal."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def limited(workshop: Workshop, config: RunConfig, largest_file: int) -> Run:
    """Trains with a limit on the size of files, as a full disk would have it."""
    run = workshop.store.create(config)
    process = workshop.start_again(run, partial(limit_files, largest_file))
    assert process.wait(PATIENCE_S) == 0
    return workshop.store.get(run.id)


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_run_can_go_on(workshop: Workshop, whole_head: Run) -> None:
    run = limited(workshop, workshop.head_config(), 2_000_000)

    assert run.status.state is RunState.FAILED
    assert (run.status.error or {})["what"].startswith("The disk is full")
    assert not [p for p in run.path.iterdir() if p.name.startswith(".part-")]
    workshop.store.request_resume(run.id)
    assert workshop.start_again(run).wait(PATIENCE_S) == 0
    assert_same(workshop.store.get(run.id), whole_head)
