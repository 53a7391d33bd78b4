"""Why queued runs do not begin is told, not only logged."""

import errno
import os
from pathlib import Path

import pytest

from core.config import HeadConfig
from core.errors import QueueError, RunError
from core.queue import __main__ as queue
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.runs import RunStore, store
from core.settings import Settings
from tests.patience import wait_until


def read_only(*_: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), "start.lock")


def test_a_workspace_that_becomes_read_only_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "connect", read_only)
    dispatcher = Dispatcher(settings)
    dispatcher.start()
    try:
        assert wait_until(lambda: dispatcher.error is not None)
    finally:
        dispatcher.close()

    assert isinstance(dispatcher.error, QueueError)
    assert dispatcher.error.what == "The workspace cannot be written to: Read-only file system."


def test_the_command_names_it_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    RunStore(settings.runs_dir).create(HeadConfig("d", "v1"))
    monkeypatch.setattr(scheduler, "connect", read_only)

    assert queue.main(["start"]) == 1
    assert capsys.readouterr().out == "The queue cannot be started: Read-only file system.\n"


def test_the_command_leaves_it_to_an_app_that_is_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    RunStore(settings.runs_dir).create(HeadConfig("d", "v1"))
    monkeypatch.setattr(queue, "_wait_for_worker", lambda _: None)
    app = Dispatcher(settings)
    assert app._leads()
    try:
        assert queue.main(["start"]) == 0
    finally:
        app.close()

    assert capsys.readouterr().out == "the app is open and sees to it, jobs that wait: 1\n"


def test_a_run_that_found_no_room_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _: object) -> None:
        path.parent.mkdir(parents=True)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_json", full)

    with pytest.raises(RunError, match="No space left on device"):
        RunStore(tmp_path / "runs").create(HeadConfig("d", "v1"))
    assert not list((tmp_path / "runs").iterdir())
