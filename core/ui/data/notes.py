"""Notes about a data set before training, for the page and the sidebar."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.leak_fixes import contested_groups, leak_counts
from core.language import anew, number, tr, trn
from core.ui import session
from core.ui.data.near_duplicates import certain_manifest, share_in_doubt
from core.ui.text import plain


def notes(dataset: Dataset) -> list[str]:
    """A line of Markdown each: what was done at the import, what is left out, what leaks.

    Raises:
        OSError: If the list of images cannot be read.
    """
    share = share_in_doubt(dataset)
    return [
        *(f":material/info: {plain(anew(note))}" for note in dataset.notes),
        *_found(str(dataset.path), dataset.version, session.language(), share, dataset),
    ]


@st.cache_data(max_entries=32, show_spinner=False)
def _found(path: str, version: str, language: str, share: float, _dataset: Dataset) -> list[str]:
    del path, version, language  # the key: a version's manifest never changes
    manifest = certain_manifest(_dataset)
    lines: list[str] = []
    if left_out := int((~manifest["usable"]).sum()):
        lines.append(
            trn(
                ":material/block: {count} file is left out: see Issues.",
                ":material/block: {count} files are left out: see Issues.",
                left_out,
            )
        )
    if share:
        lines.append(
            tr(
                ":material/help: {share} % of the images are near-duplicates by their looks: see "
                "Issues.",
                share=number(100 * share),
            )
        )
    if leaks := leak_counts(manifest)[0]:
        lines.append(
            trn(
                ":material/content_copy: {count} picture is in more than one split: see Issues.",
                ":material/content_copy: {count} pictures are in more than one split: see Issues.",
                leaks,
            )
        )
    if contested := int(contested_groups(manifest)["group"].nunique()):
        lines.append(
            trn(
                ":material/label_off: {count} picture is in more than one class: see Issues.",
                ":material/label_off: {count} pictures are in more than one class: see Issues.",
                contested,
            )
        )
    return lines
