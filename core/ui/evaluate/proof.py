"""Proof of what fine-tuning changed, read from the run's account."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.export.parity import parity_in_words, read_parity
from core.language import tr
from core.runs import Run
from core.ui.runs.moved_map import moved_map


def proof(run: Run) -> None:
    """Shows that frozen tensors stayed and how far the others moved, in words and on the block map;
    nothing where there is no proof."""
    account = run.account
    found = account.get("proof")
    if not isinstance(found, dict):
        return
    words, holds = proof_in_words(found)
    if holds:
        st.caption(f":material/verified: {words}")
        moved_map(account, run.id)
    else:
        st.error(words, icon=":material/gpp_bad:")
    st.caption(parity_in_words(read_parity(run)))


def proof_in_words(proof: dict[str, Any]) -> tuple[str, bool]:
    """The proof as one or two sentences.

    Args:
        proof: Keys `frozen_tensors`, `frozen_unchanged`, `unfrozen_tensors`, `unfrozen_changed`.

    Returns:
        The words, and whether the run did what it promised.
    """
    frozen, kept = int(proof["frozen_tensors"]), int(proof["frozen_unchanged"])
    unfrozen, moved = int(proof["unfrozen_tensors"]), int(proof["unfrozen_changed"])
    holds = kept == frozen and moved == unfrozen
    first = (
        tr("Every one of {count} frozen tensors is bit for bit what it was", count=frozen)
        if kept == frozen
        else tr(
            "Only {kept} of {count} frozen tensors are bit for bit what they were",
            kept=kept,
            count=frozen,
        )
    )
    second = (
        tr("all {count} unfrozen ones moved", count=unfrozen)
        if moved == unfrozen
        else tr("only {moved} of {count} unfrozen ones moved", moved=moved, count=unfrozen)
    )
    return f"{first}; {second}.", holds
