"""Pages run here as they do in the server: without Keras. Also what most of their tests need."""

import sys
from collections.abc import Callable

import pytest

from core.datasets import Dataset
from core.runs import RunStore
from core.settings import Settings
from core.ui.runs import viewers
from tests.alive import be_patient


@pytest.fixture(autouse=True)
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides Keras where other tests have imported it: Streamlit clears its state in every rerun."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test rests on how fast its machine is."""
    be_patient(monkeypatch)


@pytest.fixture(autouse=True)
def alone() -> None:
    """Sessions of other tests are no viewers here: where many look, a chart may be old."""
    viewers._viewers.clear()


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    """A data set of squares."""
    return make_dataset()


@pytest.fixture
def store(settings: Settings) -> RunStore:
    """The workspace's runs."""
    return RunStore(settings.runs_dir)
