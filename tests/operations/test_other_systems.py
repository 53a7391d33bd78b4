"""What only POSIX systems have is taken away: the journey goes on without it, as on Windows.

Nothing here can show that the app runs on Windows; it shows that no module asks for what is missing
there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs import RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.squares import squares

# Python imports this module in every process, those that the app starts included. Libraries have
# parts of their own for each system, so only the product's imports are refused.
WITHOUT = """
import builtins, os, sys

MISSING = ("fcntl", "resource", "pwd", "grp", "termios")
real = builtins.__import__

def is_ours(name):
    return name.partition(".")[0] in ("core", "__main__", "pages")

def without(name, globals=None, *rest, **named):
    if name in MISSING and is_ours((globals or {}).get("__name__", "")):
        raise ImportError(f"{name} is missing on this system")
    return real(name, globals, *rest, **named)

builtins.__import__ = without

class Without(type(os)):
    def __getattribute__(self, name):
        if name in ("uname", "geteuid", "posix_fallocate", "pread", "pwrite", "killpg", "getuid"):
            if is_ours(sys._getframe(1).f_globals["__name__"]):
                raise AttributeError(f"os.{name} is missing on this system")
        return super().__getattribute__(name)

os.__class__ = Without
"""
RECIPE = """
data: pictures
head:
  image_size: 32
  training: {epochs: 2, batch_size: 8}
"""


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures and a recipe, for processes on a system without POSIX."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(WITHOUT)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'without'}{os.pathsep}{APP_ROOT}")
    dataset = squares(settings)
    for row in dataset.manifest().itertuples():
        folder = tmp_path / "pictures" / row.class_name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(dataset.root / row.path, folder)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def said(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=APP_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
def test_a_folder_is_imported_trained_on_and_predicted(elsewhere: Path, settings: Settings) -> None:
    said("-m", "core.train", str(elsewhere / "recipe.yaml"))

    (run,) = RunStore(settings.runs_dir).list()
    assert run.status.state is RunState.COMPLETED
    assert run.litert_path.is_file()  # a job of its own has made it
    table = elsewhere / "answers.csv"
    said("-m", "core.predict", str(run.path), str(elsewhere / "pictures"), "--csv", str(table))
    assert len(table.read_text().splitlines()) == 31


@pytest.mark.parametrize("asked", ["import fcntl", "import os; os.uname()"])
def test_it_is_really_missing(elsewhere: Path, asked: str) -> None:
    with pytest.raises(AssertionError, match="missing on this system"):
        said("-c", asked)


def test_the_web_server_s_modules_are_imported(elsewhere: Path) -> None:
    modules = [
        ".".join(path.relative_to(APP_ROOT).with_suffix("").parts)
        for part in ("ui", "team", "jobs", "queue", "doctor", "datasets")
        for path in sorted((APP_ROOT / "core" / part).rglob("*.py"))
    ]
    code = f"import importlib\nfor name in {modules!r}: importlib.import_module(name)"
    assert len(modules) > 100
    said("-c", code)
