"""Pages run here as they do in the server: without Keras."""

import sys

import pytest


@pytest.fixture(autouse=True)
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides Keras where other tests have imported it: Streamlit clears its state in every rerun."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
