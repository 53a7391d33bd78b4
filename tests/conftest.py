"""A workspace of its own and a tiny data set for every test that asks for one."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.datasets import Dataset
from core.settings import Settings
from tests.squares import squares


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a workspace under the test's own folder; child processes see them too."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(workspace))
    monkeypatch.delenv("UNFREEZE_SCHEDULER", raising=False)
    # Pages must not start the queue's processes; tests of the queue start them themselves.
    monkeypatch.setenv("UNFREEZE_QUEUE", "off")
    # Nor would a warm worker that nobody uses be worth its four seconds in every test.
    monkeypatch.setenv("UNFREEZE_WARM", "off")
    return Settings.from_environment()


@pytest.fixture
def make_dataset(settings: Settings) -> Callable[..., Dataset]:
    """Makes a data set of squares in the test's workspace."""
    return partial(squares, settings)
