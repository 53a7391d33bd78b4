"""The targets of the guided fuzzer take their own seeds; the fuzzer runs where it is installed."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import APP_ROOT
from tests.fuzz.bytes_targets import TARGETS

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


def guided(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz.coverage_guided", *arguments]
    return subprocess.run(command, cwd=APP_ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_seeds_and_what_is_left_of_them(tmp_path: Path, name: str) -> None:
    target = TARGETS[name]

    for i, seed in enumerate(target.seeds):
        for length in (len(seed), len(seed) // 2, 0):
            folder = tmp_path / f"{i}-{length}"
            folder.mkdir()
            target.test(seed[:length], folder)

    assert target.seeds and all(target.seeds)


@pytest.mark.skipif(HAS_ATHERIS, reason="atheris is installed")
def test_without_atheris_it_says_so() -> None:
    done = guided("names")

    assert done.returncode == 2
    assert "atheris is not installed" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not HAS_ATHERIS, reason="atheris is not installed: requirements-fuzz.txt")
def test_with_atheris_it_fuzzes() -> None:
    done = guided("names", "--seconds", "2")

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["tried"] > 0
