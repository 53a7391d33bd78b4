"""The installation's stores and its queue, as this session sees them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.queue.dispatcher import Dispatcher
from core.runs import Run
from core.runs.metrics_log import MetricsView
from core.server import SERVER
from core.settings import Settings


def settings() -> Settings:
    """The installation's settings."""
    return Settings.from_environment()


def dispatcher() -> Dispatcher | None:
    """The server's one dispatcher; None where the queue is off, and without a server."""
    return SERVER.dispatcher


def wake_queue() -> None:
    """Notify the queue of new work."""
    queue = dispatcher()
    if queue is not None:
        queue.wake()


def metrics_view(run: Run) -> MetricsView:
    """The run's metrics, read piece by piece for all that look at it."""
    return _metrics_view(str(run.metrics_path))


@st.cache_resource(show_spinner=False, max_entries=200)
def _metrics_view(path: str) -> MetricsView:
    return MetricsView(Path(path))
