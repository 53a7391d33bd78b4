"""What one should know of a data set before training, for the page and the sidebar alike."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.leak_fixes import contested_groups, leak_counts
from core.ui.manifests import cached_manifest
from core.ui.text import plain


def notes(dataset: Dataset) -> list[str]:
    """A line of Markdown each: what was done at the import, what is left out, what leaks.

    Raises:
        OSError: If the list of images cannot be read.
    """
    return [
        *(f":material/info: {plain(note)}" for note in dataset.notes),
        *_found(str(dataset.path), dataset.version, dataset),
    ]


def in_several(pictures: int, what: str) -> str:
    """How many pictures are in more than one split, or class."""
    count = "1 picture is" if pictures == 1 else f"{pictures:,} pictures are"
    return f"{count} in more than one {what}"


@st.cache_data(max_entries=32, show_spinner=False)
def _found(path: str, version: str, _dataset: Dataset) -> list[str]:
    del path, version  # the key: a version's manifest never changes
    manifest = cached_manifest(_dataset)
    lines = []
    if left_out := int((~manifest["usable"]).sum()):
        files = "1 file is" if left_out == 1 else f"{left_out:,} files are"
        lines.append(f":material/block: {files} left out: see What is wrong.")
    if leaks := leak_counts(manifest)[0]:
        lines.append(f":material/content_copy: {in_several(leaks, 'split')}: see What is wrong.")
    if contested := int(contested_groups(manifest)["group"].nunique()):
        lines.append(f":material/label_off: {in_several(contested, 'class')}: see What is wrong.")
    return lines
