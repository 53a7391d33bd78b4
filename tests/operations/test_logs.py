"""Logs are kept small, in one form, and hold no secret."""

import errno
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core import logs
from core.config import HeadConfig
from core.datasets import Dataset
from core.jobs import reporter
from core.metrics import metrics
from core.queue.dispatcher import Dispatcher
from core.runs import RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.patience import wait_until

SECRETS = {
    "UNFREEZE_DATABASE": "postgresql://app:pass%21word@db/team",
    "MLFLOW_TRACKING_TOKEN": "token-of-the-tracker",
    "MLFLOW_TRACKING_PASSWORD": "password-of-the-tracker",
}
HIDDEN = (
    "pass%21word",
    "pass!word",
    "token-of-the-tracker",
    "password-of-the-tracker",
    "abc123def",
)
LEAKS = (
    "cannot reach postgresql://app:pass%21word@db/team",
    "refused pass!word",
    "headers: {'Authorization': 'Bearer abc123def'}",
    "client_secret=abc123def&x=1",
    '{"cookie_secret": "abc123def"}',
    "sent token-of-the-tracker and password-of-the-tracker",
)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made = logging.getLogger("core.tested")
    yield made
    for handler in list(logging.getLogger().handlers):
        if isinstance(handler, logging.handlers.RotatingFileHandler):
            logging.getLogger().removeHandler(handler)
            handler.close()


@pytest.mark.parametrize("kind", ["text", "json"])
def test_no_secret_is_written(
    secrets: None,
    logger: logging.Logger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("UNFREEZE_LOG", kind)
    logs.log_to_file(tmp_path / "logs" / "server.log")

    for leak in LEAKS:
        logger.info("told: %s", leak)
        try:
            raise OSError(leak)
        except OSError:
            logger.exception("failed")

    written = (tmp_path / "logs" / "server.log").read_text()
    assert written.count("told") == written.count("Traceback") == len(LEAKS)
    assert [secret for secret in HIDDEN if secret in written] == []


def test_secrets_of_the_login_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        '[auth]\ncookie_secret = "long-enough"\n[auth.google]\nclient_secret = "another-one"\n'
    )
    monkeypatch.setattr(logs, "APP_ROOT", tmp_path)
    record = logging.makeLogRecord({"msg": "long-enough and another-one"})

    assert logs.formatter().format(record).count("***") == 2


def test_lines_of_json_are_json(
    logger: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_LOG", "json")
    logs.log_to_file(tmp_path / "server.log")

    logger.warning("two\nlines of %s", "Ünïcode")

    (line,) = (tmp_path / "server.log").read_text().splitlines()
    assert json.loads(line)["message"] == "two\nlines of Ünïcode"
    assert json.loads(line)["level"] == "WARNING"


def test_a_log_that_is_full_makes_room(
    logger: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 2_000)
    logs.log_to_file(tmp_path / "server.log")

    for number in range(500):
        logger.info("line %d", number)

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["server.log", *(f"server.log.{n}" for n in range(1, logs.KEPT + 1))]
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())
    assert "line 499" in (tmp_path / "server.log").read_text()


def test_a_folder_that_cannot_be_written_to_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert logs.log_to_file(tmp_path / "file" / "server.log") is None


def test_a_workers_log_holds_no_secret(secrets: None) -> None:
    code = (
        "import logging; from core.logs import log_to_stderr; log_to_stderr()\n"
        "logging.getLogger('core').warning('told token-of-the-tracker')"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=APP_ROOT, capture_output=True, text=True
    )

    assert "told ***" in done.stderr
    assert "token-of-the-tracker" not in done.stderr


def test_metrics_are_in_prometheus_format(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    dataset = make_dataset()
    RunStore(settings.runs_dir).create(HeadConfig(dataset.id, dataset.version))

    families = list(text_string_to_metric_families(metrics(settings)))

    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }
    assert {(family.type, bool(family.documentation)) for family in families} == {("gauge", True)}
    assert all(re.fullmatch("[a-z_]+", word) for key in values for word in key)
    assert values["unfreeze_runs", "queued"] == 1
    assert values["unfreeze_runs", "completed"] == 0
    assert values["unfreeze_datasets",] == 1
    assert values["unfreeze_queue_process_up", "scheduler"] == 0
    assert values["unfreeze_workspace_bytes", "datasets"] > 0
    assert values["unfreeze_disk_free_bytes",] > 0


def test_the_log_of_a_process_is_put_aside_at_its_start_once_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 10)
    path = tmp_path / "worker.log"
    for text in (b"first", b"second", b"third", b"fourth!", b"fifth"):
        with logs.open_log(path) as log:
            log.write(text)

    assert path.read_bytes() == b"fifth"
    assert (tmp_path / "worker.log.1").read_bytes() == b"thirdfourth!"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_log_that_grows_is_emptied_and_its_end_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    with logs.new_log(path) as log:
        log.write(b"a" * 30)
        log.flush()
        logs.keep_small(path, 50)
        untouched = path.stat().st_size
        log.write(b"b" * 30)
        log.flush()
        logs.keep_small(path, 50)
        log.write(b"after")

    assert untouched == 30
    assert path.read_bytes() == b"after"  # without a hole where the first sixty were
    assert (tmp_path / "worker.log.1").read_bytes() == b"a" * 20 + b"b" * 30


def test_a_log_is_emptied_where_there_is_no_room_to_put_it_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "worker.log"
    path.write_bytes(bytes(60))
    monkeypatch.setattr(logs, "replace_file", full)
    logs.keep_small(path, 50)

    assert path.read_bytes() == b""


def test_a_log_that_is_not_there_is_none_to_keep_small(tmp_path: Path) -> None:
    logs.keep_small(tmp_path / "worker.log", 50)

    assert not list(tmp_path.iterdir())


def test_a_run_that_goes_on_keeps_its_log_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "MAX_RUN_BYTES", 50)
    monkeypatch.setattr(reporter, "HEARTBEAT_SECONDS", 0.01)
    (tmp_path / "worker.log").write_bytes(bytes(60))
    voice = reporter.Reporter(tmp_path)
    voice.begin()
    try:
        assert wait_until(lambda: (tmp_path / "worker.log").stat().st_size == 0)
    finally:
        voice.finish(RunState.STOPPED, {})


def test_the_dispatcher_keeps_the_logs_of_the_queue_small(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.queue_dir.mkdir(parents=True, exist_ok=True)
    log = settings.queue_dir / "scheduler.log"
    log.write_bytes(bytes(logs.MAX_BYTES))
    monkeypatch.setattr(Dispatcher, "dispatch", Dispatcher._leads)
    dispatcher = Dispatcher(settings)
    dispatcher.start()
    try:
        assert wait_until(lambda: log.stat().st_size == 0)
    finally:
        dispatcher.close()
