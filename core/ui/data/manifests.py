"""Manifests of data sets, read once for each version and shared by all sessions."""

from __future__ import annotations

import threading

import pandas as pd
import streamlit as st

from core.datasets import Dataset
from core.datasets.manifest import SPLITS


class Manifests:
    """The manifests that were asked for last. Threads may share it.

    An image takes some 260 bytes, and every change of a data set makes a manifest.

    Args:
        most: Manifests that are kept.
        most_images: In all of them; the last one is kept whatever its size.
    """

    def __init__(self, most: int = 32, most_images: int = 400_000) -> None:
        self._most, self._most_images = most, most_images
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], pd.DataFrame] = {}

    def of(self, dataset: Dataset) -> pd.DataFrame:
        """A data set's manifest; a version's never changes."""
        key = (str(dataset.path), dataset.version)
        with self._lock:
            found = self._kept.pop(key, None)
        table = dataset.manifest() if found is None else found
        with self._lock:
            self._kept[key] = table
            while len(self._kept) > 1 and self._is_too_much():
                del self._kept[next(iter(self._kept))]
        return table

    def _is_too_much(self) -> bool:
        images = sum(map(len, self._kept.values()))
        return len(self._kept) > self._most or images > self._most_images


def cached_manifest(dataset: Dataset) -> pd.DataFrame:
    """The data set's manifest; not to be changed, other sessions have the same one."""
    return _manifests().of(dataset)


def image_counts(dataset: Dataset) -> dict[str, int]:
    """Number of usable images in `train`, `val` and `test`."""
    table = cached_manifest(dataset)
    counts = table.loc[table["usable"], "split"].value_counts()
    return {split: int(counts.get(split, 0)) for split in SPLITS}


@st.cache_resource(show_spinner=False)
def _manifests() -> Manifests:
    return Manifests()
