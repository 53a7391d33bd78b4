"""Heat maps of two models: requested, computed, and shown beside the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.evaluation.comparison import Comparison
from core.jobs.job import read_job
from core.jobs.state import JobState
from core.language import mark, tr
from core.runs import Run, heatmaps
from core.runs.heatmaps import Maps
from core.ui import session
from core.ui.acts import act
from core.ui.job_view import job_view

WHAT_IT_SHOWS = mark(
    "Warm is where the image spoke for a model's answer (Grad-CAM). That tells where, not why: a "
    "model can be right for a wrong reason, and a coarse map can mislead."
)


@dataclass(frozen=True)
class Heat:
    """Both models' maps by image, as far as they are there."""

    before: Maps
    after: Maps

    def has(self, image: str) -> bool:
        """Return True if both models' maps of an image exist."""
        return all(
            image in maps and not np.isnan(maps[image]).any() for maps in (self.before, self.after)
        )


def heat_switch(comparison: Comparison) -> bool:
    """A switch for the heat maps; on where they are being computed right now.

    Returns:
        Whether they are wanted.
    """
    job = read_job(heatmaps.folder(comparison.after))
    is_active = job is not None and job.active
    wanted = st.toggle(tr("Show where each model looked"), value=is_active, key="heat")
    if wanted:
        st.caption(tr(WHAT_IT_SHOWS))
    return wanted


def stored_heat(comparison: Comparison) -> Heat:
    """The maps that are there."""
    return Heat(*(heatmaps.read_maps(run) for run in _runs(comparison)))


def heat_for(comparison: Comparison, images: Sequence[str], key: str) -> Heat:
    """The maps that are there; asks for those that are missing and shows how far they are."""
    folder = heatmaps.folder(comparison.after)
    job = read_job(folder)  # before the maps: what is done by now is among them
    heat = stored_heat(comparison)
    missing = [i for i in images if not (i in heat.before and i in heat.after)]

    def ask() -> None:
        session.team().tasks.heat_maps(_runs(comparison), missing)

    if missing and (job is None or job.state is JobState.COMPLETED):
        act(ask, queues=True)
    elif missing or (job is not None and job.active):
        kept = tr("The heat maps were stopped; what was done is kept.")
        job_view(folder, f"heat_{key}", tr("Compute the rest"), ask, stopped=kept)
    return heat


def _runs(comparison: Comparison) -> tuple[Run, Run]:
    return comparison.before, comparison.after
