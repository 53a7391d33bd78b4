"""The Evaluate page as one HTML file that needs nothing else: for mail, archives and audits."""

from __future__ import annotations

import base64
import html
import io
import math
import time
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.charts import class_change, confusion, intervals, reliability
from core.datasets.apart import fitted
from core.datasets.scanned import ScannedImage, images_named
from core.errors import InvalidImageError
from core.evaluation.calibration import calibration
from core.evaluation.class_changes import class_changes
from core.evaluation.comparison import Comparison, leaks_in_words
from core.evaluation.metrics import confusion_matrix, per_class_change
from core.evaluation.predictions import probability_matrix
from core.evaluation.wording import (
    chance_in_words,
    counts_in_words,
    difference_in_words,
    headline,
    p_in_words,
    reasons_in_words,
)
from core.language import in_english
from core.runs import Run

MOST_IMAGES = 24
SIDE = 96

_STYLE = """
body{font-family:system-ui,sans-serif;color:#1B2733;background:#fff;max-width:1080px;
margin:2rem auto;padding:0 1rem;line-height:1.5}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
.card{border:1px solid #D5DEE6;border-radius:.6rem;padding:1rem 1.4rem}
.muted{color:#5B6B7A;font-size:.9rem}.wide{overflow-x:auto}
.two{display:grid;gap:2rem;grid-template-columns:1fr 1fr}
@media(max-width:900px){.two{grid-template-columns:1fr}}
.two>div{min-width:0}table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.25rem .7rem;border-bottom:1px solid #E3EAF0;text-align:right}
td:first-child,th:first-child{text-align:left}
figure{display:inline-block;width:120px;margin:.3rem;vertical-align:top;font-size:.8rem}
figure img{width:96px;height:96px;object-fit:contain}
"""


def html_report(comparison: Comparison, openings: str = "") -> bytes:
    """Writes the whole comparison as one HTML file, charts interactive, images included.

    In English, whoever asks for it: it travels, and its next reader need not speak their language.

    Args:
        comparison: The two runs.
        openings: What the number of looks at the test set means, in English.

    Returns:
        The file's bytes, UTF-8; plotly.js is inside it, once.
    """
    with in_english():
        return _page(comparison, openings).encode("utf-8")


def _page(comparison: Comparison, openings: str) -> str:
    title = f"{comparison.after.dataset_name}: {headline(comparison.verdict)}"
    sections = [
        _verdict(comparison, openings),
        _images(comparison),
        _matrices(comparison),
        _classes(comparison),
        _calibration(comparison),
        _runs(comparison),
    ]
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{html.escape(title)}</title>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{''.join(sections)}</html>"
    )


def _verdict(comparison: Comparison, openings: str) -> str:
    verdict = comparison.verdict
    words = [counts_in_words(verdict, comparison.subject), chance_in_words(verdict)]
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons_in_words(verdict))
    before, after = comparison.names
    chart = intervals.figure([(before, verdict.before), (after, verdict.after)])
    return (
        f"<div class='card'><p>{html.escape(' '.join(words))}</p><ul>{reasons}</ul>"
        # The first chart brings plotly.js along for all of them.
        f"{_chart(chart, script=True)}"
        f"<p class='muted'>Accuracy with its 95 % interval. Difference "
        f"{html.escape(difference_in_words(verdict))}.<br>"
        f"{html.escape(openings)} {html.escape(leaks_in_words(comparison))}</p></div>"
    )


def _images(comparison: Comparison) -> str:
    parts = []
    for change in ("fixed", "broken", "both wrong"):
        rows = comparison.pairs[comparison.pairs["change"] == change]
        rows = rows.sort_values("after_probability", ascending=False, kind="stable")
        shown = rows.head(MOST_IMAGES)
        files = images_named(comparison.dataset, list(shown["path"])) if comparison.dataset else {}
        figures = "".join(
            _figure(comparison, row, files.get(row["path"])) for _, row in shown.iterrows()
        )
        more = f" (the first {MOST_IMAGES})" if len(rows) > MOST_IMAGES else ""
        parts.append(f"<h2>{change.capitalize()}: {len(rows):,}{more}</h2>{figures}")
    return "".join(parts)


def _figure(comparison: Comparison, row: pd.Series, file: ScannedImage | None) -> str:
    names = comparison.class_names
    sides = []
    for word, side in (("was", "before"), ("now", "after")):
        name, sure = names[int(row[side])], 100 * float(row[f"{side}_probability"])
        sides.append(f"{word} {html.escape(name)}, {sure:.0f}&nbsp;%")
    return (
        f"<figure>{_picture(file)}<figcaption>{sides[0]}<br>"
        f"<b>{sides[1]}</b><br>truly {html.escape(names[int(row['label'])])}</figcaption></figure>"
    )


def _picture(file: ScannedImage | None) -> str:
    if file is None:
        return ""
    try:
        image = fitted(file, SIDE)
    except InvalidImageError as error:
        return html.escape(error.what)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<img alt='{html.escape(file.name, quote=True)}' src='data:image/jpeg;base64,{data}'>"


def _matrices(comparison: Comparison) -> str:
    names = comparison.class_names
    matrices = [confusion_matrix(t, len(names)) for t in (comparison.first, comparison.second)]
    most = confusion.largest_mistake(*matrices)
    scales: tuple[confusion.Scale, confusion.Scale] = ("frozen", "unfrozen")
    parts = [
        f"<div><h2>{html.escape(title)}</h2>{_chart(confusion.figure(m, names, scale, most))}</div>"
        for m, scale, title in zip(matrices, scales, comparison.names, strict=True)
    ]
    return f"<div class='two'>{''.join(parts)}</div>"


def _classes(comparison: Comparison) -> str:
    names = comparison.class_names
    table = per_class_change(comparison.first, comparison.second, names)
    tested = class_changes(comparison.pairs, names)
    chart = class_change.figure(table, "recall", *comparison.names)
    rows = "".join(
        _row([html.escape(row["class_name"]), f"{row['images']:,}"], row, test)
        for row, test in zip(table.to_dict("records"), tested.to_dict("records"), strict=True)
    )
    heads = ("class", "images", "recall, %", "precision, %", "F1, %", "fixed", "broken", "p (Holm)")
    header = "".join(f"<th>{head}</th>" for head in heads)
    return (
        f"<h2>Recall of each class</h2>{_chart(chart)}<h2>Figures by class, before and after</h2>"
        f"<div class='wide'><table><tr>{header}</tr>{rows}</table></div>"
    )


def _row(cells: list[str], row: Mapping[Any, Any], test: Mapping[Any, Any]) -> str:
    for name in ("recall", "precision", "f1"):
        values = (row[f"{name}_before"], row[f"{name}_after"])
        cells.append(" to ".join("-" if math.isnan(v) else f"{100 * v:.1f}" for v in values))
    cells += [
        f"{test['fixed']:,}",
        f"{test['broken']:,}",
        p_in_words(test["p_holm"])[2:].strip("= "),
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _calibration(comparison: Comparison) -> str:
    labels = comparison.labels()
    tables = (comparison.first, comparison.second)
    found = [calibration(labels, probability_matrix(table)) for table in tables]
    curves = [(name, f.table) for name, f in zip(comparison.names, found, strict=True)]
    errors = ", ".join(
        f"{html.escape(name)} {100 * f.error:.1f} points"
        for name, f in zip(comparison.names, found, strict=True)
    )
    return (
        f"<h2>How sure, and how often right</h2>{_chart(reliability.figure(curves))}"
        f"<p class='muted'>Expected calibration error: {errors}.</p>"
    )


def _runs(comparison: Comparison) -> str:
    rows = "".join(_run_row(run) for run in (comparison.before, comparison.after))
    version = html.escape(comparison.after.base.dataset_version)
    return (
        f"<h2>The runs</h2><table><tr><th>run</th><th>backbone</th><th>image size</th><th>learning "
        f"rate</th><th>epochs</th><th>seed</th></tr>{rows}</table><p class='muted'>Version of the "
        f"data set: {version}. Written {time.strftime('%Y-%m-%d %H:%M')}.</p>"
    )


def _run_row(run: Run) -> str:
    training = run.config.training
    cells = (
        run.id,
        run.base.backbone,
        f"{run.base.image_size} px",
        f"{training.learning_rate:g}",
        str(run.status.results.get("epochs_done", training.epochs)),
        str(training.seed),
    )
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


def _chart(chart: go.Figure, script: bool = False) -> str:
    chart.update_layout(template="plotly_white", paper_bgcolor="rgba(0,0,0,0)")
    markup: str = chart.to_html(
        full_html=False,
        include_plotlyjs=script,
        config={"displaylogo": False, "responsive": True},
        default_width="100%",
    )
    return markup
