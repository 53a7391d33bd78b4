"""Runs, jobs and people that stay alive however long a test's machine takes."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from core.files import write_json
from core.jobs.job import Job, Kind, read_job
from core.jobs.reporter import Reporter
from core.jobs.run_job import main
from core.runs import Run
from core.team import database, presence


def beat(run: Run) -> None:
    """A heartbeat from an hour ahead: the run is alive without a process."""
    ahead = time.time() + 3600
    (run.path / "heartbeat").touch()
    os.utime(run.path / "heartbeat", (ahead, ahead))


def asked(folder: Path, kind: Kind, *arguments: str) -> None:
    """A job that was asked for, and that nobody starts."""
    record = {"kind": dataclasses.asdict(kind), "arguments": arguments, "created": time.time()}
    write_json(folder / "job.json", record)


def at_work(folder: Path, kind: Kind, words: str, total: int = 0) -> Reporter:
    """A job that says what it does, and whose heart beats for an hour without a process."""
    asked(folder, kind)
    reporter = Reporter(folder)
    reporter.say(words, total)
    ahead = time.time() + 3600
    (folder / "heartbeat").touch()
    os.utime(folder / "heartbeat", (ahead, ahead))
    return reporter


def done_here(folder: Path, kind: Kind, *arguments: str) -> Job:
    """A job that was done in this process, from its record to its end."""
    asked(folder, kind, *arguments)
    main([str(folder)])
    job = read_job(folder)
    assert job is not None
    return job


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The team's database may be slow, and who was there a moment ago still is."""
    for limit in ("CONNECT_SECONDS", "BUSY_SECONDS"):
        monkeypatch.setattr(database, limit, 240)
    for limit in ("GONE_SECONDS", "LOCK_SECONDS"):
        monkeypatch.setattr(presence, limit, 3600.0)
