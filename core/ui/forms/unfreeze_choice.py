"""Choice of what to unfreeze: block map, scopes, and the account before the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.backbones.account import Account, account
from core.backbones.block import Block, block_title, from_block
from core.backbones.catalog import CATALOG
from core.backbones.estimate import estimate_seconds, stored_images
from core.config import FineTuneConfig, Scope, TrainingConfig
from core.language import number, tr
from core.runs import Run
from core.ui import session
from core.ui.moments import duration
from core.ui.runs.block_map import choose_block
from core.ui.runs.results import pass_like_that_of
from core.ui.text import percent


@dataclass(frozen=True)
class Choice:
    """Choice of the user.

    Attributes:
        block: Name of the chosen block.
        scope: What is unfrozen with it.
        freeze_batchnorm: Whether BatchNorm layers stay frozen.
        counts: What that means.
    """

    block: str
    scope: Scope
    freeze_batchnorm: bool
    counts: Account

    @property
    def words(self) -> str:
        """The choice as a button says it: "Fine-tune from block 6"."""
        return {
            "from": tr("Fine-tune {place}", place=from_block(self.block)),
            "only": tr("Fine-tune {block} alone", block=block_title(self.block)),
            "all": tr("Fine-tune everything"),
            "none": tr("Train the head on"),
        }[self.scope]


def choose_what_to_unfreeze(head_run: Run) -> Choice | None:
    """Shows the map and the widgets below it.

    Args:
        head_run: A finished head run: its account has the backbone's blocks.

    Returns:
        The choice; None where the run's account cannot be read.
    """
    record = head_run.account
    if not record:
        st.error(tr("This head run's account cannot be read. Choose another, or train it again."))
        return None
    blocks = [Block.from_dict(values) for values in record["blocks"]]
    spec = CATALOG.get(head_run.base.backbone)
    names = [block.name for block in blocks]
    default = spec.default_block if spec and spec.default_block in names else names[-1]
    scope: Scope = "from"
    mark, keep = "", True
    origin = session.settings_taken(head_run.base.dataset_id, head=False)
    taken = origin.config if origin else None
    if origin and isinstance(taken, FineTuneConfig) and taken.head_run_id == head_run.id:
        default = taken.block if taken.block in names else default
        scope, keep, mark = taken.scope, taken.freeze_batchnorm, f"_{origin.id}"
    key = f"{head_run.id}{mark}"
    block, scope = choose_block(blocks, record["head_parameters"], default, key, scope)
    keep = _keep_batchnorm(blocks, keep, mark)
    counts = account(
        blocks, record["head_parameters"], block, scope, keep, input_values=record["input_values"]
    )
    return Choice(block, scope, keep, counts)


def show_account(
    choice: Choice, head_run: Run, images: dict[str, int], training: TrainingConfig
) -> None:
    """Show what the choice trains, keeps, stores and takes, before anything runs.

    Args:
        choice: The choice.
        head_run: The head run: its pass over the images was timed.
        images: Number of usable images by split.
        training: How it is to be trained.
    """
    counts, varied = choice.counts, training.augmentation
    total = stored_images(images, varied)
    stored = counts.stored_bytes_per_image * total / 1e6
    if training.features_type == "float16" and counts.compute_trained < 1:
        stored /= 2  # where nothing is frozen the images themselves are stored, in bytes
    gains = varied.mode != "live" and counts.compute_trained not in (0, 1)
    faster = f"{number(counts.speed_up, 1)} ×" if gains else "–"
    seconds = estimate_seconds(
        pass_like_that_of(head_run), counts.compute_trained, images, training.epochs, varied
    )
    values = (
        (
            tr("Trainable"),
            number(counts.trainable),
            tr("of {count} parameters", count=counts.total),
        ),
        (tr("Frozen"), number(counts.frozen), tr("stay bit for bit as they are")),
        (
            tr("Compute trained"),
            percent(counts.compute_trained, 0),
            tr("of one pass through the backbone"),
        ),
        (tr("Faster by storing"), faster, tr("an epoch, counted in multiply-adds")),
        (
            tr("Stored on disk"),
            tr("{size} MB", size=number(stored)),
            _stored_for(total, varied.mode == "views"),
        ),
        (tr("This run takes"), *_time_words(seconds)),
    )
    for column, (label, value, caption) in zip(st.columns(len(values)), values, strict=True):
        column.metric(label, value)
        column.caption(caption)


def _stored_for(count: int, variants: bool) -> str:
    if variants:
        return tr("for {count} variants, computed once", count=count)
    return tr("for {count} images, computed once", count=count)


def _time_words(seconds: float | None) -> tuple[str, str]:
    if seconds is None:
        return "–", tr("the head's pass was stored already, so nothing was timed")
    return duration(seconds), tr("about, on this machine")


def _keep_batchnorm(blocks: Sequence[Block], default: bool, mark: str) -> bool:
    if not any(block.batchnorm_layers for block in blocks):
        return True
    return st.toggle(
        tr("Keep BatchNorm frozen"),
        value=default,
        key=f"ft_batchnorm{mark}",
        help=tr(
            "BatchNorm layers hold the mean and spread of the images that the backbone was "
            "trained with. Small batches of other images would spoil them."
        ),
    )
