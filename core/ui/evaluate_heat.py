"""Where each of two models looked: asked for, waited for, and shown beside the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.errors import RunError, UnfreezeError
from core.evaluation.comparison import Comparison
from core.runs import Run, heatmaps
from core.runs.heatmaps import HeatState, HeatStatus, Maps
from core.ui.cards import error_card
from core.ui.text import plain

REFRESH_SECONDS = 1.0
WHAT_IT_SHOWS = (
    "Warm is where the image spoke for a model's answer (Grad-CAM). That tells where, not why: a "
    "model can be right for a wrong reason, and a coarse map can mislead."
)


@dataclass(frozen=True)
class Heat:
    """Both models' maps by image, as far as they are there."""

    before: Maps
    after: Maps

    def has(self, image: str) -> bool:
        """Whether both models' maps of an image are there and could be made."""
        return all(
            image in maps and not np.isnan(maps[image]).any() for maps in (self.before, self.after)
        )


def heat_switch(comparison: Comparison) -> bool:
    """A switch for the heat maps; on where they are being computed right now.

    Returns:
        Whether they are wanted.
    """
    active = any(s.state.active for s in map(heatmaps.status, _runs(comparison)))
    wanted = st.toggle("Show where each model looked", value=active, key="heat")
    if wanted:
        st.caption(WHAT_IT_SHOWS)
    return wanted


def stored_heat(comparison: Comparison) -> Heat:
    """The maps that are there."""
    return Heat(*(heatmaps.read_maps(run) for run in _runs(comparison)))


def heat_for(comparison: Comparison, images: Sequence[str], key: str) -> Heat:
    """The maps that are there; asks for those that are missing and shows how far they are."""
    heat, runs = stored_heat(comparison), _runs(comparison)
    missing = [i for i in images if not (i in heat.before and i in heat.after)]
    states = {heatmaps.status(run).state for run in runs}
    if any(state.active for state in states):
        st.fragment(_progress, run_every=REFRESH_SECONDS)(comparison, key)
    elif missing and states & {HeatState.STOPPED, HeatState.FAILED}:
        _ended_early(comparison, missing, key)
    elif missing:
        _ask(comparison, missing)
    return heat


def _ask(comparison: Comparison, images: Sequence[str]) -> None:
    try:
        heatmaps.ask(_runs(comparison), images)
    except RunError as error:
        error_card(error)
        return
    st.rerun()


def _progress(comparison: Comparison, key: str) -> None:
    found = [heatmaps.status(run) for run in _runs(comparison)]
    if not any(now.state.active for now in found):
        st.rerun()
    share = np.mean([_share(now) for now in found])
    words = _words(found, comparison.names)
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(float(share), text=words)
    if stop.button("Stop", icon=":material/stop_circle:", key=f"stop_heat_{key}"):
        heatmaps.stop(_runs(comparison))
        st.rerun()


def _words(found: Sequence[HeatStatus], names: Sequence[str]) -> str:
    """Which model it is at, and how far: they take their turns."""
    for now, name in zip(found, names, strict=True):
        if now.state is HeatState.COMPUTING:
            where = f"{now.done:,} of {now.total:,} images" if now.done else "loading the model"
            return f"Where {plain(name)} looked: {where}"
    return "Starting"


def _share(now: HeatStatus) -> float:
    if now.state is HeatState.DONE:
        return 1.0
    return now.done / now.total if now.total else 0.0


def _ended_early(comparison: Comparison, missing: Sequence[str], key: str) -> None:
    failed = [s for s in map(heatmaps.status, _runs(comparison)) if s.state is HeatState.FAILED]
    if failed:
        error_card(UnfreezeError(failed[0].error, failed[0].way_out))
    else:
        st.info("The heat maps were stopped; what was done is kept.", icon=":material/stop_circle:")
    if st.button("Compute the rest", icon=":material/play_arrow:", key=f"ask_heat_{key}"):
        _ask(comparison, missing)


def _runs(comparison: Comparison) -> tuple[Run, Run]:
    return comparison.before, comparison.after
