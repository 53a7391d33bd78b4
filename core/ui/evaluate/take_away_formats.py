"""The model in other formats: made on request, and given away if its own runtime agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core.export.certificate import told_difference
from core.export.formats import FORMATS, ExportFormat
from core.export.parity import left_out_in_words
from core.jobs.state import JobState
from core.language import number, plain_number, tr, trn
from core.records import read_record
from core.runs import Run
from core.ui import session
from core.ui.job_view import job_view
from core.ui.text import plain


def other_formats(run: Run) -> None:
    """A row for each format, and what was measured on those that were made."""
    with st.expander(tr("Other formats"), icon=":material/deployed_code:", key="other_formats"):
        st.caption(
            tr(
                "Each is made when you ask for it, run on the test images in its own runtime, and "
                "compared with the trained model. The zip holds the model, its classes, a short "
                "program that predicts, and the certificate. All take RGB images of {size} x "
                "{size} pixels with values from 0 to 255.",
                size=run.base.image_size,
            )
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
        st.markdown(f"**{chosen.title}.** {chosen.words}")
        if chosen.missing:
            st.caption(
                tr(
                    "Not installed: {packages}. `pip install -r requirements-export.txt` adds it.",
                    packages=", ".join(chosen.missing),
                )
            )
        job = job_view(
            folder,
            f"export_{chosen.key}_{run.id}",
            tr("Make it again") if certificate else tr("Make it"),
            lambda: session.team().tasks.export(run, chosen.key),
            disabled=bool(chosen.missing),
        )
        if job is not None and job.state is JobState.COMPLETED and certificate is not None:
            _download(run, chosen, folder, certificate)
    return None if job is not None and job.active else certificate


def _certificate(folder: Path) -> dict[str, Any] | None:
    return read_record(folder / "certificate.json", dict, None)


def _download(run: Run, chosen: ExportFormat, folder: Path, certificate: dict[str, Any]) -> None:
    path = folder / "model.zip"
    if not path.is_file():
        return
    st.download_button(
        tr(
            "{format} ({size} MB)",
            format=chosen.title,
            size=number(path.stat().st_size / 1e6, 1),
        ),
        path.read_bytes,
        file_name=f"{run.base.dataset_id}-{run.id}-{chosen.key}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_export_{chosen.key}",
    )
    if certificate["label_flips"]:
        st.caption(told_difference(certificate))
    if left_out := certificate.get("left_out"):
        st.caption(plain(left_out_in_words(left_out)))


def _table(made: list[dict[str, Any]]) -> None:
    st.caption(_compared(made[0]))
    table = pd.DataFrame(
        {
            tr("Format"): [c["title"] for c in made],
            tr("Largest difference"): [_difference(c["max_difference"]) for c in made],
            tr("Other answers"): [c["label_flips"] for c in made],
            tr("Accuracy"): [f"{number(100 * c['accuracy'], 1)} %" for c in made],
            tr("Size"): [tr("{size} MB", size=number(c["megabytes"], 1)) for c in made],
            tr("One image"): [
                tr("{milliseconds} ms", milliseconds=number(c["ms_per_image"], 1)) for c in made
            ],
            tr("Given away"): [tr("no") if c["refusal"] else tr("yes") for c in made],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch", key="export_certificates")


def _compared(certificate: dict[str, Any]) -> str:
    images, accuracy = certificate["images"], number(100 * certificate["trained_accuracy"], 1)
    if certificate["split"] == "test":
        return trn(
            "Compared on {count} test image with the trained model, which has {accuracy} % of them "
            "right.",
            "Compared on {count} test images with the trained model, which has {accuracy} % of "
            "them right.",
            images,
            accuracy=accuracy,
        )
    return trn(
        "Compared on {count} validation image with the trained model, which has {accuracy} % of "
        "them right.",
        "Compared on {count} validation images with the trained model, which has {accuracy} % of "
        "them right.",
        images,
        accuracy=accuracy,
    )


def _difference(value: float) -> str:
    """Two digits that count, such as 0.0012 or 3.4e-07."""
    return plain_number(float(f"{value:.2g}"))
