"""Disk use of the workspace besides its runs, and what can be deleted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.language import moment, tr
from core.records import read_record
from core.runs import Run
from core.sizes import kept_bytes
from core.team.permissions import Action
from core.training.feature_store import FeatureStore, StoredFeatures
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.text import size_words


def disk_use(runs: Sequence[Run]) -> None:
    """Sizes of data sets and stored features, looked up where asked for, and a way to free them."""
    if not st.toggle(tr("Disk use"), key="disk_use", help=tr("Data sets and stored features")):
        return
    data, features = st.columns(2, gap="large")
    with data:
        _datasets(runs)
    with features:
        _features(runs)


def _datasets(runs: Sequence[Run]) -> None:
    used = Counter(run.base.dataset_id for run in runs)
    rows = [
        (dataset.name, size_words(kept_bytes(dataset.path)), used[dataset.id])
        for dataset in session.dataset_store().list()
    ]
    st.markdown("**" + tr("Data sets") + "**")
    st.dataframe(
        pd.DataFrame(rows, columns=[tr("data set"), tr("size"), tr("runs")]), hide_index=True
    )
    st.caption(tr("A data set is deleted on the Data page."))


def _features(runs: Sequence[Run]) -> None:
    settings = session.settings()
    store = FeatureStore(settings.features_dir, settings.max_features_bytes)
    stored = store.stored()[::-1]
    used = Counter(key for run in runs for key in _feature_keys(run))
    unused = unused_features(stored, runs)
    st.markdown("**" + tr("Stored features") + "**")
    rows = [
        (entry.path.name[:8], size_words(entry.bytes), used[entry.path.name], moment(entry.used))
        for entry in stored
    ]
    columns = [tr("features"), tr("size"), tr("runs"), tr("last used")]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)
    budget = size_words(settings.max_features_bytes)
    st.caption(
        tr("Up to {budget} are kept; beyond that, the longest unused go first.", budget=budget)
    )
    size = size_words(sum(entry.bytes for entry in unused))
    if act_button(
        tr("Delete {count} unused, {size}", count=len(unused), size=size),
        icon=":material/delete_sweep:",
        disabled=not unused,
        key="delete_features",
        to=Action.DELETE_FEATURES,
        help=tr(
            "Features that no run here was trained on. They would be computed again when needed."
        ),
    ):
        act(lambda: session.team().tasks.delete_features([entry.path for entry in unused]))


def unused_features(stored: Sequence[StoredFeatures], runs: Sequence[Run]) -> list[StoredFeatures]:
    """Entries that no run of the workspace was trained on, nor may be training on now.

    A run says which ones it took only at its end, so what was used since the oldest one that is
    going on began is spared.
    """
    used = {key for run in runs for key in _feature_keys(run)}
    begun = [run.status.started or run.created for run in runs if run.status.state.active]
    limit = min(begun, default=time.time() + 1)
    return [entry for entry in stored if entry.path.name not in used and entry.used < limit]


def _feature_keys(run: Run) -> list[str]:
    # Without them it is not that far yet, or of a version that did not write them down.
    return read_record(run.account_path, lambda found: list(found["features"]["keys"]), [])
