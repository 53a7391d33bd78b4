"""The model in other formats: made on request, and given away if its own runtime agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core.export.formats import FORMATS, ExportFormat
from core.files import read_json
from core.runs import Run
from core.runs.tasks import TaskState
from core.ui import session
from core.ui.task_view import task_view

_MODULE = "core.export.task"


def other_formats(run: Run) -> None:
    """A row for each format, and what was measured on those that were made."""
    with st.expander("Other formats", icon=":material/deployed_code:", key="other_formats"):
        st.caption(
            "Each is made when you ask for it, run on the test images in its own runtime, and "
            "compared with the trained model. The zip holds the model, its classes, a short "
            "program that predicts, and the certificate. All take RGB images of "
            f"{run.base.image_size} x {run.base.image_size} pixels with values from 0 to 255."
        )
        certificates = [_format(run, chosen) for chosen in FORMATS.values()]
        made = [certificate for certificate in certificates if certificate is not None]
        if made:
            _table(made)


def _format(run: Run, chosen: ExportFormat) -> dict[str, Any] | None:
    """One format's row; its certificate where it has one."""
    folder = run.path / "exports" / chosen.key
    certificate = _certificate(folder)
    with st.container(border=True):
        st.markdown(f"**{chosen.title}.** {chosen.sentence}")
        if chosen.missing:
            st.caption(
                f"Not installed: {', '.join(chosen.missing)}. "
                "`pip install -r requirements-export.txt` adds it."
            )
        task = task_view(
            folder,
            f"export_{chosen.key}_{run.id}",
            "Make it again" if certificate else "Make it",
            lambda: session.team().tasks.export(run, chosen.key),
            disabled=bool(chosen.missing),
        )
        if task.state is TaskState.DONE and certificate is not None:
            _download(run, chosen, folder, certificate)
    return None if task.running else certificate


def _certificate(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = read_json(folder / "certificate.json")
    except (OSError, ValueError):
        return None
    return found


def _download(run: Run, chosen: ExportFormat, folder: Path, certificate: dict[str, Any]) -> None:
    path = folder / "model.zip"
    if not path.is_file():
        return
    st.download_button(
        f"{chosen.title} ({path.stat().st_size / 1e6:.1f} MB)",
        path.read_bytes,
        file_name=f"{run.base.dataset_id}-{run.id}-{chosen.key}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_export_{chosen.key}",
    )
    if certificate["label_flips"]:
        st.caption(certificate["difference"])


def _table(made: list[dict[str, Any]]) -> None:
    first = made[0]
    st.caption(
        f"Compared on {first['images']:,} {first['split']} images with the trained model, which "
        f"has {100 * first['trained_accuracy']:.1f} % of them right."
    )
    table = pd.DataFrame(
        {
            "Format": [c["title"] for c in made],
            "Largest difference": [f"{c['max_difference']:.2g}" for c in made],
            "Other answers": [c["label_flips"] for c in made],
            "Accuracy": [f"{100 * c['accuracy']:.1f} %" for c in made],
            "Size": [f"{c['megabytes']:.1f} MB" for c in made],
            "One image": [f"{c['ms_per_image']:.1f} ms" for c in made],
            "Given away": ["no" if c["refusal"] else "yes" for c in made],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch", key="export_certificates")
