"""Data sets: import, scan, split, decode. Imports neither streamlit nor keras."""

from core.datasets.store import Dataset, DatasetStore

__all__ = ["Dataset", "DatasetStore"]
