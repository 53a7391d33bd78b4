"""Runs, tasks and people that stay alive however long a test's machine takes."""

import os
import time
from pathlib import Path

import pytest

from core.files import write_json
from core.jobs.tasks import TaskReporter
from core.runs import Run
from core.team import database, presence


def beat(run: Run) -> None:
    """A heartbeat from an hour ahead: the run is alive without a process."""
    ahead = time.time() + 3600
    (run.path / "heartbeat").touch()
    os.utime(run.path / "heartbeat", (ahead, ahead))


def at_work(folder: Path, words: str, total: int = 0) -> None:
    """A task that says what it does, on another machine: nobody looks for its process here."""
    write_json(folder / "process.json", {"host": "elsewhere"})
    TaskReporter(folder).say(words, total)


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The team's database may be slow, and who was there a moment ago still is."""
    for limit in ("CONNECT_SECONDS", "BUSY_SECONDS"):
        monkeypatch.setattr(database, limit, 240)
    for limit in ("GONE_SECONDS", "LOCK_SECONDS"):
        monkeypatch.setattr(presence, limit, 3600.0)
