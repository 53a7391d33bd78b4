"""The Fine-tune page's settings: the block, its account, and how to train."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from core.backbones.account import Account, account
from core.backbones.block import Block, block_title
from core.backbones.catalog import CATALOG
from core.backbones.defaults import FINE_TUNE_RATE_DIVISOR, suggest_fine_tuning
from core.config import FineTuneConfig, TrainingConfig
from core.runs import Run
from core.ui import training_form
from core.ui.block_map import choose_block


def read_account(run: Run) -> dict[str, Any]:
    """The run's `account.json`.

    Raises:
        OSError: If the run has none.
    """
    record: dict[str, Any] = json.loads(run.account_path.read_text(encoding="utf-8"))
    return record


def choose_what_to_unfreeze(head_run: Run) -> tuple[str, Account]:
    """The block map with its account below.

    Args:
        head_run: A finished head run: its account has the backbone's blocks.

    Returns:
        Name of the chosen block, and what unfreezing from it means.
    """
    record = read_account(head_run)
    blocks = [Block.from_dict(values) for values in record["blocks"]]
    spec = CATALOG.get(head_run.base.backbone)
    default = spec.default_block if spec else blocks[-1].name
    chosen = choose_block(blocks, record["head_parameters"], default, key=head_run.id)
    counts = account(blocks, record["head_parameters"], chosen, input_values=record["input_values"])
    _show_account(counts, record["features"]["images"])
    return chosen, counts


def fine_tune_form(
    head_run: Run, block: str, counts: Account, train_images: int
) -> FineTuneConfig | None:
    """Shows the settings and the button.

    Returns:
        What to train, in the rerun in which the button was pressed; otherwise None.
    """
    default = suggest_fine_tuning(head_run.base)
    rate = training_form.learning_rate(default.learning_rate, f"ft_rate_{head_run.id}")
    epochs = training_form.epochs(default.epochs, "ft_epochs")
    with st.expander("Advanced"):
        keep = st.toggle(
            "Keep BatchNorm frozen",
            value=True,
            key="ft_batchnorm",
            help="BatchNorm layers hold the mean and spread of the images the backbone was "
            "trained with. Small batches would spoil them.",
            disabled=not counts.batchnorm_layers,
        )
        optimizer, batch_size, seed = training_form.advanced(default, "ft")
    _warn(rate, head_run.base.training.learning_rate, counts, train_images)
    label = f"Fine-tune from {block_title(block)}"
    if not st.button(
        label, type="primary", icon=":material/local_fire_department:", width="stretch", key="train"
    ):
        return None
    return FineTuneConfig(
        head_run_id=head_run.id,
        base=head_run.base,
        block=block,
        freeze_batchnorm=keep,
        training=TrainingConfig(optimizer, rate, epochs, batch_size, seed),
    )


def _show_account(counts: Account, images: int) -> None:
    columns = st.columns(5)
    size = counts.stored_bytes_per_image * images / 1e6
    values = (
        ("Trainable", f"{counts.trainable:,}", f"of {counts.total:,} parameters"),
        ("Frozen", f"{counts.frozen:,}", "stay bit for bit as they are"),
        ("Compute trained", f"{counts.compute_trained:.0%}", "of one pass through the backbone"),
        ("Faster by storing", f"{counts.speed_up:.1f} ×", "an epoch, counted in multiply-adds"),
        ("Stored on disk", f"{size:,.0f} MB", f"for {images:,} images, computed once"),
    )
    for column, (label, value, caption) in zip(columns, values, strict=True):
        column.metric(label, value)
        column.caption(caption)


def _warn(rate: float, head_rate: float, counts: Account, train_images: int) -> None:
    if rate > head_rate / FINE_TUNE_RATE_DIVISOR * 1.001:
        st.warning(
            f"This rate is more than a tenth of the head's "
            f"({training_form.rate_text(head_rate)}). "
            "Large steps can wipe out what the backbone has learned.",
            icon=":material/speed:",
        )
    if counts.trainable > 1000 * train_images:
        st.info(
            f"{counts.trainable:,} weights will follow {train_images:,} training images: "
            "overfitting is likely. The best epoch on validation is kept.",
            icon=":material/info:",
        )
