"""What a finished run has to show: figures, what was frozen, and the next step."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.backbones.block import Block
from core.charts import movement
from core.config import Augmentation, FineTuneConfig, RateTestConfig
from core.errors import RunError
from core.files import read_json
from core.runs import Run
from core.ui import session
from core.ui.block_map import show_map
from core.ui.live import duration
from core.ui.text import percent


def read_account(run: Run) -> dict[str, Any] | None:
    """The run's `account.json`, or None where it has none."""
    try:
        record: dict[str, Any] = read_json(run.account_path)
    except (OSError, ValueError):
        return None
    return record


def timed_pass(run: Run) -> dict[str, Any] | None:
    """A record whose `features` has the `seconds` of a pass over `images`; None where none was."""
    record = run.status.results if run.is_rate_test else read_account(run)
    timed = bool(record and (record.get("features") or {}).get("seconds"))
    return record if timed else None


def pass_like_that_of(head: Run) -> dict[str, Any]:
    """The head run's timed pass; or that of a run with the same backbone and image size, because
    a head that found everything stored timed nothing."""
    own = timed_pass(head)
    if own is not None:
        return own
    wanted = head.base.backbone, head.base.image_size
    alike = (
        run
        for run in session.run_store().list(rate_tests=True)
        if (run.base.backbone, run.base.image_size) == wanted and _whole_backbone(run)
    )
    return next((found for run in alike if (found := timed_pass(run))), {})


def _whole_backbone(run: Run) -> bool:
    """Whether its pass went through the whole backbone: only a fine-tuning's is cut off."""
    if isinstance(run.config, RateTestConfig):
        return run.config.fine_tuning is None
    return run.is_head


def show_results(run: Run) -> None:
    """Validation figures of a finished run in one row."""
    results = run.status.results
    if "val_accuracy" not in results:
        return
    columns = st.columns(4)
    columns[0].metric("Validation accuracy", percent(results["val_accuracy"]))
    columns[1].metric("Best epoch", f"{results['best_epoch']} of {results['epochs_done']}")
    columns[2].metric("Took", duration(run.seconds or 0.0))
    record = read_account(run)
    if record:
        columns[3].metric("Trained", f"{record['trainable']:,}", help="Trainable parameters")
        columns[3].caption(f"of {record['total']:,} parameters")
        st.caption(stored_words(record["features"], run.config.training.augmentation))


def show_frozen(run: Run) -> None:
    """The block map of a finished run: what was frozen in it."""
    record = read_account(run)
    if record:
        blocks = [Block.from_dict(values) for values in record["blocks"]]
        show_map(blocks, record["head_parameters"], record["unfrozen"])


def show_gain(run: Run) -> None:
    """Says how validation changed against the head, and offers to keep the head where it fell."""
    if not isinstance(run.config, FineTuneConfig):
        return
    try:
        head = session.run_store().get(run.config.head_run_id)
    except RunError:
        return  # deleted since: there is nothing to compare with
    before, after = (r.status.results.get("val_accuracy") for r in (head, run))
    if before is None or after is None or after >= before:
        return
    st.warning(
        f"Validation fell from {percent(before)} to {percent(after)}: the head alone may be "
        "better.",
        icon=":material/trending_down:",
    )
    st.page_link(
        "pages/5_Predict.py",
        label="Keep the head-only model",
        icon=":material/undo:",
        query_params={"run": head.id},
    )


def show_movement(run: Run) -> None:
    """How far each unfrozen layer moved, folded."""
    record = read_account(run)
    if record is None or not record["proof"]["movement"]:
        return
    with st.expander("How far each layer moved", icon=":material/straighten:"):
        st.plotly_chart(
            movement.figure(record["proof"]["movement"]),
            key="movement",
            config={"displayModeBar": False},
            alt="Relative movement of every unfrozen weight, in percent of its size",
        )


def stored_words(features: dict[str, Any], varied: Augmentation) -> str:
    """What was stored, and whether it had to be computed, in one sentence.

    Args:
        features: From the run's account.
        varied: How its training images were varied.
    """
    half = ", half precision" if features.get("type") == "float16" else ""
    size = f"{features['bytes'] / 1e6:,.0f} MB{half}"
    count = f"{features['images']:,} images"
    if varied.mode == "live":
        words = (
            f"The {count} of validation and test went through the frozen part once ({size} "
            "stored), training images through the whole network in every epoch."
        )
    elif features["reused"] and varied.mode == "views":
        words = (
            f"The frozen part of all {count} was there already; of the {varied.views - 1} variants "
            f"of each training image, those still missing were computed and stored ({size})."
        )
    elif features["reused"]:
        words = (
            f"The frozen part of all {count} was there already ({size}): "
            "no image had to go through it again."
        )
    else:
        if varied.mode == "views":
            count += f" and {varied.views - 1} variants of each training image"
        words = (
            f"Every one of {count} went through the frozen part once; "
            f"the outputs are stored ({size}) for every later run."
        )
    if features.get("clipped"):
        words += (
            f" {features['clipped']:,} values were too large for half precision and are stored as "
            "its largest, 65,504: full precision would be safer here."
        )
    return words
