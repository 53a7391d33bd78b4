"""Data sets: import, scan, split, decode. Imports neither streamlit nor keras."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.datasets.store import Dataset, Datasets, DatasetStore

__all__ = ["Dataset", "DatasetStore", "Datasets"]


def __getattr__(name: str) -> Any:
    """Imports the store when it is asked for: a process that decodes needs no pandas."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("core.datasets.store"), name)
