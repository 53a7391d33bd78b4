"""The Fine-tune page's block sweep: every block tried for a short while, from stored features."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.backbones.account import Account, account
from core.backbones.block import Block
from core.backbones.estimate import estimate_seconds
from core.charts import block_sweep as chart
from core.datasets import Dataset
from core.evaluation.block_sweep import (
    SWEEP_EPOCHS,
    Sweep,
    full_run,
    sweep,
    sweep_choices,
    sweep_in_words,
)
from core.language import language, mark, number, tr, trn
from core.runs import Run
from core.runs.groups import group_about
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.data.manifests import image_counts
from core.ui.moments import duration
from core.ui.runs.groups import group_progress, resume_group_button
from core.ui.text import plain

_METHOD = mark(
    "Every choice gets the same short training from the same head and is measured on the "
    "validation images; the test images stay shut, so that the verdict on the winner is still "
    "honest. Bars are Wilson's 95 % intervals. Pale choices are worse than the best one beyond "
    "noise: exact McNemar tests on the same images, with Holm's correction. A short training says "
    "little about a long one where accuracies lie close together."
)


def block_sweep(head: Run, dataset: Dataset) -> None:
    """Offers to try every block, or shows how far that is and what came out.

    Args:
        head: The head run to start from.
        dataset: Its data set.
    """
    record = head.account
    if not record:
        return
    blocks = [Block.from_dict(values) for values in record["blocks"]]
    group = group_about(session.run_store().list(), "sweep", head.id)
    with st.expander(
        tr("Which block? Try every one for a short while"),
        icon=":material/bar_chart:",
        expanded=group is not None,
        key=f"sweep_{head.id}_{group is not None}",
    ):
        if group is None:
            _offer(head, blocks, dataset)
            return
        if group.active:
            group_progress(group, "sweep")
        done = ",".join(run.id for run in group.completed)
        version = f"{done} {language()}"  # the table names the choices
        found = session.cached(f"sweep_{head.id}", version, lambda: sweep(group, blocks))
        if len(found.table):
            _results(found, head, blocks, so_far=group.active)
            _train_on(found, head, dataset)
        resume_group_button(group, "sweep")
        if not group.active:
            with st.popover(tr("Try again"), icon=":material/replay:"):
                _offer(head, blocks, dataset)


def _offer(head: Run, blocks: Sequence[Block], dataset: Dataset) -> None:
    epochs: int = st.slider(
        tr("Epochs for each choice"),
        1,
        10,
        SWEEP_EPOCHS,
        key=f"sweep_epochs_{head.id}",
        width=320,
        help=tr("The same for every choice: enough to see a direction, not to finish."),
    )
    st.caption(_cost_words(head, blocks, image_counts(dataset), epochs))
    if act_button(
        tr("Try every block"),
        icon=":material/playlist_play:",
        key="train_sweep",
        to=Action.START_RUN,
    ):
        act(lambda: session.team().runs.queue_sweep(head, blocks, epochs), queues=True)


def _cost_words(head: Run, blocks: Sequence[Block], images: dict[str, int], epochs: int) -> str:
    record = head.account
    values = int(record.get("input_values", 0))
    counts = [
        account(blocks, 0, block, scope, input_values=values)
        for block, scope in sweep_choices(blocks)
    ]
    times = [estimate_seconds(record, c.compute_trained, images, epochs) for c in counts]
    known = [seconds for seconds in times if seconds is not None]
    stored = tr(
        "They store up to {size} GB, computed once.",
        size=number(_stored_gigabytes(counts, images), 1),
    )
    if len(known) < len(times):
        runs = trn(
            "{count} run, one after the other.", "{count} runs, one after the other.", len(counts)
        )
    else:
        runs = trn(
            "{count} run, one after the other, about {time} on this machine.",
            "{count} runs, one after the other, about {time} on this machine.",
            len(counts),
            time=duration(sum(known)),
        )
    return f"{runs} {stored}"


def _stored_gigabytes(counts: Sequence[Account], images: dict[str, int]) -> float:
    # One block alone and from that block on are cut at the same place and share what is stored.
    cuts = {count.compute_trained: count.stored_bytes_per_image for count in counts}
    return sum(cuts.values()) * sum(images.values()) / 1e9


def _results(found: Sweep, head: Run, blocks: Sequence[Block], so_far: bool) -> None:
    table = found.table
    longer = table.loc[table["scope"] == "none", "accuracy"]
    words = sweep_in_words(found)
    told = tr("So far: {words}", words=words) if so_far and words else words
    st.markdown(told, help=tr(_METHOD))
    st.plotly_chart(
        chart.figure(
            table,
            [(block.name, block.title) for block in blocks],
            head.status.results.get("val_accuracy"),
            float(longer.iloc[0]) if len(longer) else None,
        ),
        width="stretch",
        key="block_sweep",
        config={"displayModeBar": False},
    )


def _train_on(found: Sweep, head: Run, dataset: Dataset) -> None:
    rows = {str(row["run_id"]): row for _, row in found.table.iterrows()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = rows[
            st.selectbox(
                tr("Choice, the best on validation first"),
                list(rows),
                format_func=lambda run_id: _row_words(rows[run_id]),
                # A new first place makes a new box that shows it.
                key=f"sweep_choice_{next(iter(rows))}",
                width=380,
            )
        ]
        pressed = act_button(
            tr("Train this on in full"),
            icon=":material/local_fire_department:",
            key="train_winner",
            to=Action.START_RUN,
        )
    if pressed:
        config = full_run(head, str(chosen["block"]), chosen["scope"])
        session.start_run(config, dataset)
        st.rerun()


def _row_words(row: pd.Series) -> str:
    words = f"{plain(str(row['name']))} · {number(100 * row['accuracy'], 1)} %"
    return words if row["tied"] else tr("{choice}, worse beyond noise", choice=words)
