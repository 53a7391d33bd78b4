"""Results of a completed run: metrics, what was frozen, and the next step."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.backbones.block import Block
from core.charts import movement
from core.config import Augmentation, FineTuneConfig, RateTestConfig
from core.errors import RunError
from core.language import number, tr
from core.runs import Run
from core.ui import session
from core.ui.moments import duration
from core.ui.runs.block_map import show_map
from core.ui.text import percent

LARGEST_HALF = 65_504  # the largest number of half precision


def timed_pass(run: Run) -> dict[str, Any] | None:
    """A record whose `features` has the `seconds` of a pass over `images`; None where none was."""
    record = run.status.results if run.is_rate_test else run.account
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
    """Return True if its pass went through the whole backbone: only a fine-tuning's is cut."""
    if isinstance(run.config, RateTestConfig):
        return run.config.fine_tuning is None
    return run.is_head


def show_results(run: Run) -> None:
    """Validation figures of a finished run in one row."""
    results = run.status.results
    if "val_accuracy" not in results:
        return
    columns = st.columns(4)
    columns[0].metric(tr("Validation accuracy"), percent(results["val_accuracy"]))
    columns[1].metric(
        tr("Best epoch"),
        tr("{best} of {done}", best=results["best_epoch"], done=results["epochs_done"]),
    )
    columns[2].metric(tr("Took"), duration(run.seconds or 0.0))
    record = run.account
    if record:
        columns[3].metric(
            tr("Trained"), number(record["trainable"]), help=tr("Trainable parameters")
        )
        columns[3].caption(tr("of {count} parameters", count=record["total"]))
        st.caption(stored_words(record["features"], run.config.training.augmentation))


def show_frozen(run: Run) -> None:
    """The block map of a finished run: what was frozen in it."""
    record = run.account
    if record:
        blocks = [Block.from_dict(values) for values in record["blocks"]]
        show_map(blocks, record["head_parameters"], record["unfrozen"])


def show_gain(run: Run) -> None:
    """Show the change of validation accuracy against the head, and offer to keep the head where
    it fell."""
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
        tr(
            "Validation fell from {before} to {after}: the head alone may be better.",
            before=percent(before),
            after=percent(after),
        ),
        icon=":material/trending_down:",
    )
    st.page_link(
        "pages/5_Predict.py",
        label=tr("Keep the head-only model"),
        icon=":material/undo:",
        query_params={"run": head.id},
    )


def show_movement(run: Run) -> None:
    """Show the relative weight change of each unfrozen layer, folded."""
    record = run.account
    if not record or not record["proof"]["movement"]:
        return
    with st.expander(tr("How far each layer moved"), icon=":material/straighten:"):
        st.plotly_chart(
            movement.figure(record["proof"]["movement"]),
            key="movement",
            config={"displayModeBar": False},
            alt=tr("Relative movement of every unfrozen weight, in percent of its size"),
        )


def stored_words(features: dict[str, Any], varied: Augmentation) -> str:
    """Describe in one sentence what was cached and whether it had to be computed.

    Args:
        features: From the run's account.
        varied: How its training images were varied.
    """
    size = tr("{size} MB", size=number(features["bytes"] / 1e6))
    if features.get("type") == "float16":
        size = tr("{size}, half precision", size=size)
    values = {"count": features["images"], "size": size}
    words: str = _stored_sentence(features["reused"], varied, values)
    if features.get("clipped"):
        clipped = tr(
            "{count} values were too large for half precision and are stored as its largest, "
            "{largest}: full precision would be safer here.",
            count=features["clipped"],
            largest=LARGEST_HALF,
        )
        words = f"{words} {clipped}"
    return words


def _stored_sentence(reused: bool, varied: Augmentation, values: dict[str, Any]) -> str:
    more = varied.views - 1
    if varied.mode == "live":
        return tr(
            "The {count} images of validation and test went through the frozen part once ({size} "
            "stored), training images through the whole network in every epoch.",
            **values,
        )
    if reused and varied.mode == "views":
        return tr(
            "The frozen part of all {count} images was there already; of the {variants} variants "
            "of each training image, those still missing were computed and stored ({size}).",
            variants=more,
            **values,
        )
    if reused:
        return tr(
            "The frozen part of all {count} images was there already ({size}): "
            "no image had to go through it again.",
            **values,
        )
    if varied.mode == "views":
        return tr(
            "Every one of {count} images and {variants} variants of each training image went "
            "through the frozen part once; the outputs are stored ({size}) for every later run.",
            variants=more,
            **values,
        )
    return tr(
        "Every one of {count} images went through the frozen part once; "
        "the outputs are stored ({size}) for every later run.",
        **values,
    )
