"""Runs: their folders, states, metrics and queue. Imports neither streamlit nor keras."""

from core.runs.reader import Runs
from core.runs.run import Run, RunState, RunStatus
from core.runs.store import RunStore

__all__ = ["Run", "RunState", "RunStatus", "RunStore", "Runs"]
