"""TensorBoard is started, found, listed and ended; a small program stands in for it."""

import json
import urllib.request
from pathlib import Path

import pytest

from core.queue.started import end_all, started
from core.runs import tensorboard
from core.settings import Settings
from tests.patience import PATIENCE_S, wait_until

STAND_IN = """
import argparse, http.server
parser = argparse.ArgumentParser()
for name in ("--logdir", "--host", "--load_fast"):
    parser.add_argument(name)
parser.add_argument("--port", type=int)
o = parser.parse_args()
handler = http.server.SimpleHTTPRequestHandler
http.server.HTTPServer((o.host, o.port), lambda *a: handler(*a, directory=o.logdir)).serve_forever()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of that name, in front of an installed one."""
    folder = tmp_path / "packages" / "tensorboard"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def waited_for(settings: Settings) -> str:
    def decided() -> bool:
        return bool(tensorboard.address(settings)) or not tensorboard.running(settings)

    assert wait_until(decided)
    return tensorboard.address(settings)


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
        return bytes(answer.read())


def test_it_is_started_once_listed_and_ended_with_everything_else(
    settings: Settings, package: Path
) -> None:
    (package / "main.py").write_text(STAND_IN)
    settings.runs_dir.mkdir(parents=True)
    (settings.runs_dir / "hello.txt").write_text("a run")
    assert tensorboard.installed()
    assert tensorboard.address(settings) == ""

    tensorboard.start(settings)
    try:
        address = waited_for(settings)
        tensorboard.start(settings)

        assert address.startswith("http://127.0.0.1:")
        assert get(f"{address}/hello.txt") == b"a run"
        assert tensorboard.address(settings) == address
        assert [entry.role for entry in started(settings, [])] == ["TensorBoard"]
    finally:
        assert end_all(settings, patience=0.2)
    assert not started(settings, [])
    assert not tensorboard.running(settings)
    assert not tensorboard.failed(settings)
    assert not end_all(settings, patience=0.2)


def test_one_that_ends_by_itself_says_why_in_its_log(settings: Settings, package: Path) -> None:
    (package / "main.py").write_text("raise SystemExit('no such thing')")

    tensorboard.start(settings)

    assert waited_for(settings) == ""
    assert tensorboard.failed(settings)
    assert "no such thing" in tensorboard.log_path(settings).read_text()


def test_a_folder_with_a_space_is_one_word_of_the_command(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path / "my work")

    assert tensorboard.command(settings) == f"tensorboard --logdir '{tmp_path}/my work/runs'"


@pytest.mark.slow
def test_the_real_one_shows_a_runs_curves(settings: Settings) -> None:
    pytest.importorskip("tensorboard")
    from core.training.event_log import FOLDER, EventFile

    file = EventFile(settings.runs_dir / "a-run" / FOLDER)
    file.scalars(1, {"loss": 0.5})
    file.close()

    tensorboard.start(settings)
    try:
        address = waited_for(settings)
        assert wait_until(lambda: get(f"{address}/data/runs").strip() != b"[]")
        runs = json.loads(get(f"{address}/data/runs"))
    finally:
        tensorboard.end(settings)

    assert runs == ["a-run/tensorboard"]
