"""Computation settings: batch size, seed, precision."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.config import TrainingConfig
from core.jobs.gpus import gpu_names
from core.language import tr

_BATCH_SIZES = (4, 8, 16, 32, 64, 128)


def computing_options(training: TrainingConfig, key: str) -> TrainingConfig:
    """Shows them.

    Returns:
        `training` with what was chosen.
    """
    batch_size: int = st.select_slider(
        tr("Batch size"),
        sorted({*_BATCH_SIZES, training.batch_size}),
        value=training.batch_size,
        key=f"{key}_batch",
        help=tr("Images in one step. Smaller needs less memory."),
    )
    seed = st.number_input(
        tr("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        value=training.seed,
        key=f"{key}_seed",
        help=tr("The same seed and data give the same model on the same machine."),
    )
    half = st.toggle(
        tr("Features in half the space"),
        value=training.features_type == "float16",
        key=f"{key}_half_features",
        help=tr(
            "Writes what the frozen layers give as 16-bit numbers: half the disk, and three "
            "digits instead of seven. It seldom changes a prediction."
        ),
    )
    return replace(
        _on_a_gpu(training, key),
        batch_size=batch_size,
        seed=int(seed),
        features_type="float16" if half else "float32",
    )


def _on_a_gpu(training: TrainingConfig, key: str) -> TrainingConfig:
    mixed = st.toggle(
        tr("Mixed precision"),
        value=training.mixed_precision,
        key=f"{key}_mixed",
        help=tr(
            "Layers compute with 16-bit numbers. Up to twice as fast on a GPU with tensor cores; "
            "on most processors it is slower."
        ),
    )
    repeatable = st.toggle(
        tr("Repeat exactly on a GPU"),
        value=training.deterministic,
        key=f"{key}_deterministic",
        help=tr(
            "Keeps a GPU from adding numbers up in a new order each time; that is slower. "
            "Without a GPU, runs repeat bit for bit anyway."
        ),
    )
    all_gpus = training.all_gpus
    if len(gpu_names()) > 1:
        all_gpus = st.toggle(
            tr("All GPUs"),
            value=all_gpus,
            key=f"{key}_all_gpus",
            help=tr(
                "Shares each batch among all GPUs of the machine; the run waits until they are "
                "free. Otherwise each GPU trains a run of its own."
            ),
        )
    return replace(training, mixed_precision=mixed, deterministic=repeatable, all_gpus=all_gpus)
