"""Jobs as real processes, without the queue: done, refused, dead, stopped politely and by force."""

import shutil
from pathlib import Path

import pytest

from core.errors import RunError
from core.jobs.job import Job, Kind, ask, kill, read_job, request_stop
from core.jobs.listing import active_jobs
from core.jobs.lock import take
from core.jobs.reporter import StopRequested
from core.jobs.state import JobState
from core.settings import Settings
from tests.alive import asked, at_work, done_here
from tests.jobs.sample_job import KIND
from tests.patience import wait_until


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.runs_dir / "run" / "exports" / "onnx"


def now(folder: Path) -> Job:
    job = read_job(folder)
    assert job is not None
    return job


def end_of(folder: Path) -> Job:
    assert wait_until(lambda: not now(folder).active)
    return now(folder)


def test_a_job_that_nobody_asked_for(folder: Path) -> None:
    assert read_job(folder) is None


def test_a_job_leaves_its_results(folder: Path) -> None:
    ask(folder, KIND, ["short"])
    job = end_of(folder)

    assert (job.state, job.status.results) == (JobState.COMPLETED, {"answer": 42})
    assert (job.status.words, job.status.done, job.status.total) == ("Counting", 1, 200)


def test_a_refusal_is_told_with_its_way_out(folder: Path) -> None:
    ask(folder, KIND, ["refuse"])
    job = end_of(folder)

    assert job.state is JobState.FAILED
    error = job.status.error or {}
    assert (error["what"], error["way_out"]) == ("It does not fit.", "Take another.")


def test_a_process_that_is_gone_without_a_word_has_failed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.state.HEARTBEAT_LIMIT_S", 0.0)
    ask(folder, KIND, ["die"])
    job = end_of(folder)

    assert job.state is JobState.FAILED
    assert (job.status.error or {})["what"] == "The process ended unexpectedly."


def test_a_process_that_dies_before_it_begins_has_failed(folder: Path) -> None:
    ask(folder, Kind("tests.jobs.sample_job", "counting", command="tests.jobs.no_such_module"))
    job = end_of(folder)

    assert job.state is JobState.FAILED
    assert "no_such_module" in (job.status.error or {})["details"]


@pytest.mark.parametrize(("how", "words"), [("long", "Counting"), ("deaf", "Asleep")])
def test_a_stop_ends_it_also_where_it_does_not_listen(folder: Path, how: str, words: str) -> None:
    ask(folder, KIND, [how])
    assert wait_until(lambda: now(folder).status.words == words)
    ask(folder, KIND, ["short"])  # the second call finds it running and changes nothing
    assert now(folder).arguments == (how,)

    request_stop(folder)

    assert end_of(folder).state is JobState.STOPPED


def test_a_kill_ends_it_at_once(folder: Path) -> None:
    ask(folder, KIND, ["deaf"])
    assert wait_until(lambda: now(folder).status.words == "Asleep")

    assert kill(now(folder))

    job = end_of(folder)
    assert job.state is JobState.FAILED
    assert (job.status.error or {})["what"] == "The process was ended by force."


def test_an_ended_job_can_be_asked_for_again(folder: Path) -> None:
    done_here(folder, KIND, "refuse")
    ask(folder, KIND, ["short"])

    assert end_of(folder).state is JobState.COMPLETED


def test_one_process_works_on_a_folder(folder: Path) -> None:
    asked(folder, KIND, "short")
    lock = take(folder / "lock")
    assert lock is not None
    with lock:
        assert done_here(folder, KIND, "short").state is JobState.QUEUED
    assert done_here(folder, KIND, "short").state is JobState.COMPLETED


def test_a_record_names_only_kinds_of_the_app(folder: Path) -> None:
    job = done_here(folder, Kind("antigravity", "a joke"))

    assert job.state is JobState.FAILED
    assert "no kind of job 'antigravity'" in (job.status.error or {})["what"]


def test_a_job_of_a_deleted_run_ends_and_leaves_nothing(folder: Path) -> None:
    reporter = at_work(folder, KIND, "Counting")
    shutil.rmtree(folder)

    with pytest.raises(StopRequested):
        reporter.say("Counting")
    reporter.finish(JobState.STOPPED, {})
    assert not folder.exists()


def test_a_job_that_cannot_be_started_says_why(folder: Path) -> None:
    folder.parent.parent.mkdir(parents=True)
    folder.parent.write_text("in the way")

    with pytest.raises(RunError, match="cannot be started"):
        ask(folder, KIND, ["short"])


def test_what_waits_is_listed_until_it_has_ended(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.listing._NEW_SECONDS", 0.0)
    ask(folder, KIND, ["short"], settings.queue_dir)
    assert [job.folder for job in active_jobs(settings.queue_dir)] == [folder]
    assert now(folder).state is JobState.QUEUED

    request_stop(folder)

    assert not active_jobs(settings.queue_dir)
    assert not list((settings.queue_dir / "jobs").iterdir())
    assert now(folder).state is JobState.STOPPED


def test_an_entry_that_leads_out_of_the_workspace_is_ignored(
    settings: Settings, tmp_path: Path
) -> None:
    asked(tmp_path / "elsewhere", KIND, "short")
    (settings.queue_dir / "jobs").mkdir(parents=True)
    (settings.queue_dir / "jobs" / "..%2Felsewhere").touch()

    assert not active_jobs(settings.queue_dir)


def test_a_task_of_an_earlier_version_is_read(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "task.json").write_text('{"state": "done", "words": "x", "results": {"answer": 1}}')
    assert (now(folder).state, now(folder).status.results) == (JobState.COMPLETED, {"answer": 1})

    (folder / "task.json").write_text('{"state": "running", "words": "x"}')
    assert now(folder).state is JobState.FAILED
