"""A kind of job of the tests' own (`tests/jobs/sample_job.py`), placed by a real Dask worker."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs.job import SLOT, Kind, ask, kill, read_job, request_stop
from core.jobs.listing import active_jobs
from core.jobs.state import JobState, JobStatus
from core.queue.dispatcher import Dispatcher
from core.queue.started import end_all, started
from core.settings import Settings
from tests.jobs.sample_job import KIND
from tests.patience import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def dispatcher(settings: Settings) -> Iterator[Dispatcher]:
    made = Dispatcher(settings)
    made.start()
    yield made
    made.close()
    end_all(settings)


def status_of(folder: Path) -> JobStatus:
    job = read_job(folder)
    assert job is not None
    return job.status


def test_it_is_queued_listed_stopped_killed_and_fails_in_words(
    settings: Settings, dispatcher: Dispatcher
) -> None:
    folders = [
        settings.runs_dir / "run" / name for name in ("long", "deaf", "die", "short", "slot")
    ]
    kinds: list[Kind] = [KIND] * 4 + [dataclasses.replace(KIND, needs=SLOT)]
    ways = ("long", "deaf", "die", "short", "short")
    long, deaf, die, short, slot = folders

    def ask_for(which: int) -> None:
        ask(folders[which], kinds[which], [ways[which]], settings.queue_dir)
        dispatcher.wake()

    ask_for(0)
    ask_for(1)
    assert wait_until(lambda: status_of(long).words == "Counting")  # neither waits for the other
    assert wait_until(lambda: status_of(deaf).words == "Asleep")
    ask_for(2)
    ask_for(3)
    ask_for(4)  # takes the place of a training, which is free
    assert wait_until(lambda: status_of(slot).state is JobState.COMPLETED)
    assert [job.folder for job in active_jobs(settings.queue_dir)][:4] == [long, deaf, die, short]
    assert [status_of(folder).state for folder in (die, short)] == [JobState.QUEUED] * 2
    assert [entry.role for entry in started(settings, [])][-2:] == ["counting", "counting"]

    request_stop(long)
    assert wait_until(lambda: status_of(long).state is JobState.STOPPED)
    hanging = read_job(deaf)
    assert hanging is not None
    assert kill(hanging)
    assert wait_until(lambda: status_of(deaf).state is JobState.FAILED)
    assert (status_of(deaf).error or {})["what"] == "The process was ended by force."

    assert wait_until(lambda: status_of(die).state is JobState.FAILED)
    assert (status_of(die).error or {})["what"] == "The process crashed."
    assert wait_until(lambda: status_of(short).state is JobState.COMPLETED)
    assert status_of(short).results == {"answer": 42}
