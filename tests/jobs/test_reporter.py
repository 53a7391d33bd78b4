"""What a run says of itself where the disk has no room for a word more."""

import errno
from pathlib import Path

import pytest

from core.config import HeadConfig
from core.errors import RunError
from core.jobs import reporter as module
from core.jobs.reporter import Reporter
from core.runs import RunState, RunStatus, RunStore


def test_a_full_disk_is_told_in_the_room_that_the_status_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path)
    run = store.create(HeadConfig("data", "v1"))
    reporter = Reporter(run.path)
    reporter.begin(RunStatus(attempts=2, results={"val_accuracy": 0.5}))

    def no_room(run_dir: Path, status: RunStatus) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_status", no_room)
    room = 4096
    reporter.fail(RunError("The disk is full.", "Delete runs."), "a long traceback " * 1000)

    status = store.get(run.id).status
    assert status.state is RunState.FAILED
    assert (status.error or {})["what"] == "The disk is full."
    assert (status.attempts, status.results) == (3, {"val_accuracy": 0.5})
    assert (run.path / "status.json").stat().st_size <= room
