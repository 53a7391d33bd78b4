"""What a finished run has to show: figures, what was frozen, and the next step."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.backbones.block import Block
from core.files import read_json
from core.runs import Run
from core.ui.block_map import show_map
from core.ui.live import duration


def read_account(run: Run) -> dict[str, Any] | None:
    """The run's `account.json`, or None where it has none."""
    try:
        record: dict[str, Any] = read_json(run.account_path)
    except (OSError, ValueError):
        return None
    return record


def show_results(run: Run) -> None:
    """Validation figures of a finished run in one row."""
    results = run.status.results
    if "val_accuracy" not in results:
        return
    columns = st.columns(4)
    columns[0].metric("Validation accuracy", f"{results['val_accuracy']:.1%}")
    columns[1].metric("Best epoch", f"{results['best_epoch']} of {results['epochs_done']}")
    columns[2].metric("Took", duration(run.seconds or 0.0))
    record = read_account(run)
    if record:
        columns[3].metric("Trained", f"{record['trainable']:,}", help="Trainable parameters")
        columns[3].caption(f"of {record['total']:,} parameters")
        st.caption(stored_words(record["features"]))


def show_frozen(run: Run) -> None:
    """The block map of a finished run: what was frozen in it."""
    record = read_account(run)
    if record:
        blocks = [Block.from_dict(values) for values in record["blocks"]]
        show_map(blocks, record["head_parameters"], record["unfrozen"])


def stored_words(features: dict[str, Any]) -> str:
    """What was stored, and whether it had to be computed, in one sentence."""
    size = f"{features['bytes'] / 1e6:,.0f} MB"
    if features["reused"]:
        return (
            f"The frozen part of all {features['images']:,} images was there already ({size}): "
            "no image had to go through it again."
        )
    return (
        f"Every one of {features['images']:,} images went through the frozen part once; "
        f"the outputs are stored ({size}) for every later run."
    )
