"""Deleting a data set: what goes with it is said first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.datasets.camera import takes_pictures
from core.jobs.state import state_word
from core.language import moment, tr, trn
from core.runs import Run
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.refreshed import in_dialog
from core.ui.runs.table import backbone_title
from core.ui.steps import unfrozen_words
from core.ui.text import plain

_NAMED = 6


def delete_button(dataset: Dataset) -> None:
    """Asks before it deletes."""
    if act_button(
        tr("Delete"),
        icon=":material/delete:",
        key="delete_dataset",
        to=Action.DELETE_DATA,
        on=("dataset", dataset.id),
    ):
        confirm_delete(dataset)


# No popover: it would stay open over the next data set, with its button under the pointer.
def confirm_delete(dataset: Dataset) -> None:
    """Opens the dialog in the reader's language."""
    in_dialog(_confirm, tr("Delete this data set?"))(dataset)


def _confirm(dataset: Dataset) -> None:
    """Name what will be lost, with the button; no button while a run uses the images."""
    runs = _runs_on(dataset)
    active = [run for run in runs if run.status.state.active]
    if active:
        wait = tr("It needs these images: wait for it, or stop it.")
        st.markdown(f"{_named(active)}\n\n{wait}")
        return
    st.markdown(_what_goes(dataset))
    if runs:
        st.warning(_what_is_lost(runs), icon=":material/link_off:")
    if st.button(tr("Delete for everybody"), type="primary", key="confirm_delete"):
        _delete(dataset)


def _delete(dataset: Dataset) -> None:
    def leave(deleted: None) -> None:
        session.leave_dataset()
        st.toast(tr("{name} is deleted.", name=plain(dataset.name)))

    act(lambda: session.team().data.delete(dataset), leave)


def _runs_on(dataset: Dataset) -> list[Run]:
    runs = session.run_store().list(rate_tests=True)
    own = [run for run in runs if run.base.dataset_id == dataset.id]
    # A rate test that has ended made nothing that could be lost.
    return [run for run in own if not run.is_rate_test or run.status.state.active]


def _what_goes(dataset: Dataset) -> str:
    name = f"**{plain(dataset.name)}**"
    if takes_pictures(dataset):
        return tr("{name}: its images, its list of them and all changes are deleted.", name=name)
    return tr(
        "{name}: the list of its images and all changes are deleted. Your files in {folder} stay.",
        name=name,
        folder=plain(str(dataset.root)),
    )


def _what_is_lost(runs: Sequence[Run]) -> str:
    lost = tr(
        "They stay, and their models can be used on Predict. Lost are the images on Evaluate, "
        "resuming, and fine-tuning from its heads."
    )
    if len(runs) == 1:
        lost = tr(
            "It stays, and its model can be used on Predict. Lost are the images on Evaluate, "
            "resuming, and fine-tuning from its heads."
        )
    return f"{_named(runs)}\n\n{lost}"


def _named(runs: Sequence[Run]) -> str:
    """The runs in a list, as many as one reads."""
    head = trn("{count} run was trained on it:", "{count} runs were trained on it:", len(runs))
    if any(run.status.state.active for run in runs):
        head = trn("{count} run is using it:", "{count} runs are using it:", len(runs))
    lines = [f"- {_title(run)}" for run in runs[:_NAMED]]
    if len(runs) > _NAMED:
        lines.append(tr("- {count} more", count=len(runs) - _NAMED))
    return "\n".join([head, *lines])


def _title(run: Run) -> str:
    what: str = tr("head only")
    if run.is_rate_test:
        what = tr("test of learning rates")
    elif isinstance(run.config, FineTuneConfig):
        what = unfrozen_words(run.config)
    when = moment(run.created)
    state = f" · {state_word(run.status.state)}" if run.status.state.active else ""
    return f"{what} · {backbone_title(run)} · {when}{state}"
