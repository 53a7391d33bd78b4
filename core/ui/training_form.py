"""The settings of training that both stages share, as widgets."""

from __future__ import annotations

import streamlit as st

from core.config import OptimizerName, TrainingConfig

RATES = (*(m * 10.0**-e for e in range(6, 1, -1) for m in (1, 2, 3, 5)), 0.1)
BATCH_SIZES = (4, 8, 16, 32, 64, 128)
_OPTIMIZERS: dict[OptimizerName, str] = {
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD with momentum",
}


def rate_text(rate: float) -> str:
    """A learning rate as people write it: 0.001, 1e-05."""
    return f"{rate:.6f}".rstrip("0") if rate >= 1e-4 else f"{rate:.0e}"


def learning_rate(default: float, key: str) -> float:
    """A slider over learning rates, at `default` or the step nearest to it."""
    nearest = min(RATES, key=lambda rate: abs(rate - default))
    chosen: float = st.select_slider(
        "Learning rate",
        RATES,
        value=nearest,
        format_func=rate_text,
        key=key,
        help="How large a step each batch makes. Too large forgets, too small never arrives.",
    )
    return chosen


def epochs(default: int, key: str) -> int:
    """A slider over epochs."""
    return st.slider(
        "Epochs",
        1,
        100,
        default,
        key=key,
        help="How often all training images are seen. The best epoch's model is kept.",
    )


def advanced(default: TrainingConfig, key: str) -> tuple[OptimizerName, int, int]:
    """Optimizer, batch size and seed: what a beginner leaves alone."""
    optimizer: OptimizerName = st.selectbox(
        "Optimizer",
        list(_OPTIMIZERS),
        index=list(_OPTIMIZERS).index(default.optimizer),
        format_func=lambda name: _OPTIMIZERS[name],
        key=f"{key}_optimizer",
        help="The rule that turns errors into steps.",
    )
    batch_size: int = st.select_slider(
        "Batch size",
        BATCH_SIZES,
        value=default.batch_size,
        key=f"{key}_batch",
        help="Images in one step. Smaller needs less memory.",
    )
    seed = st.number_input(
        "Seed",
        min_value=0,
        max_value=2**31 - 1,
        value=default.seed,
        key=f"{key}_seed",
        help="The same seed and data give the same model on the same machine.",
    )
    return optimizer, batch_size, int(seed)
