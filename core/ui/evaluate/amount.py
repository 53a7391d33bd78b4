"""The Evaluate page's question: would more images help?"""

from __future__ import annotations

import streamlit as st

from core.charts import data_amount as chart
from core.datasets import Dataset
from core.evaluation.data_amount import amount_in_words, data_amount
from core.language import mark, tr
from core.runs import Run
from core.runs.groups import Group, group_about
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.data.manifests import cached_manifest
from core.ui.evaluate.openings import opened
from core.ui.runs.groups import group_progress, resume_group_button

_METHOD = mark(
    "The head is trained again from 10, 25, 50 and 75 % of each class's training images, drawn by "
    "its seed, the smaller set inside the larger one, for as many steps as before. The bars are "
    "Wilson's 95 % intervals; whether it still rises is judged on the images that changed sides "
    "between the half and the whole, by the exact McNemar test."
)


def more_images(head: Run, dataset: Dataset | None) -> None:
    """Offers the learning curve by number of images, or shows it.

    Args:
        head: A head run; nothing is shown for other runs.
        dataset: Its data set, or None where that was deleted.
    """
    if dataset is None or not head.is_head:
        return
    group = group_about(session.run_store().list(), "data_amount", head.id)
    with st.container(border=True, key="amount"):
        if group is None:
            _offer(head)
            return
        if group.active:
            group_progress(group, "amount")
        if group.completed:
            opened(dataset, group.runs)
            _results(head, group, dataset)
        resume_group_button(group, "amount")


def _offer(head: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(tr("**Would more images help?**"), width="content")
        pressed = act_button(
            tr("Train with fewer, and see"),
            icon=":material/stacked_line_chart:",
            key="train_shares",
            to=Action.START_RUN,
            help=tr(
                "Queues four heads, on 10 to 75 % of the training images, from stored features."
            ),
        )
    if pressed:
        act(lambda: session.team().runs.queue_shares(head), queues=True)


def _results(head: Run, group: Group, dataset: Dataset) -> None:
    table = cached_manifest(dataset)
    train = table[table["usable"] & (table["split"] == "train")]
    amount = data_amount(head, group, train["label"].value_counts().to_list())
    words, picture = st.columns([2, 3], gap="large", vertical_alignment="center")
    with words:
        st.markdown(tr("**Would more images help?**"), help=tr(_METHOD))
        st.markdown(amount_in_words(amount) or tr("The half is still being trained."))
    with picture:
        st.plotly_chart(
            chart.figure(amount.table),
            width="stretch",
            key="data_amount",
            config={"displayModeBar": False},
        )
