"""What one should know of a data set before training, for the page and the sidebar alike."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.leak_fixes import contested_groups, leak_counts
from core.language import anew, trn
from core.ui import session
from core.ui.data.manifests import cached_manifest
from core.ui.text import plain


def notes(dataset: Dataset) -> list[str]:
    """A line of Markdown each: what was done at the import, what is left out, what leaks.

    Raises:
        OSError: If the list of images cannot be read.
    """
    return [
        *(f":material/info: {plain(anew(note))}" for note in dataset.notes),
        *_found(str(dataset.path), dataset.version, session.language(), dataset),
    ]


@st.cache_data(max_entries=32, show_spinner=False)
def _found(path: str, version: str, language: str, _dataset: Dataset) -> list[str]:
    del path, version, language  # the key: a version's manifest never changes
    manifest = cached_manifest(_dataset)
    lines: list[str] = []
    if left_out := int((~manifest["usable"]).sum()):
        lines.append(
            trn(
                ":material/block: {count} file is left out: see What is wrong.",
                ":material/block: {count} files are left out: see What is wrong.",
                left_out,
            )
        )
    if leaks := leak_counts(manifest)[0]:
        lines.append(
            trn(
                ":material/content_copy: {count} picture is in more than one split: see What is "
                "wrong.",
                ":material/content_copy: {count} pictures are in more than one split: see What is "
                "wrong.",
                leaks,
            )
        )
    if contested := int(contested_groups(manifest)["group"].nunique()):
        lines.append(
            trn(
                ":material/label_off: {count} picture is in more than one class: see What is "
                "wrong.",
                ":material/label_off: {count} pictures are in more than one class: see What is "
                "wrong.",
                contested,
            )
        )
    return lines
