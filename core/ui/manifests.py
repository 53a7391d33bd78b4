"""Manifests of data sets, read once for each version and shared by all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.datasets import Dataset
from core.datasets.manifest import SPLITS


def cached_manifest(dataset: Dataset) -> pd.DataFrame:
    """The data set's manifest; not to be changed, other sessions have the same one."""
    return _manifest(str(dataset.path), dataset.version, dataset)


def image_counts(dataset: Dataset) -> dict[str, int]:
    """Number of usable images in `train`, `val` and `test`."""
    table = cached_manifest(dataset)
    counts = table.loc[table["usable"], "split"].value_counts()
    return {split: int(counts.get(split, 0)) for split in SPLITS}


@st.cache_resource(max_entries=32, show_spinner=False)
def _manifest(path: str, version: str, _dataset: Dataset) -> pd.DataFrame:
    del path, version  # the key: a version's manifest never changes
    return _dataset.manifest()
