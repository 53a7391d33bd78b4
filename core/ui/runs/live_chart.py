"""A Plotly chart that keeps its place on the page, and its zoom, while its data grow.

`st.plotly_chart` is mounted anew whenever its data change; this calls `Plotly.react` instead, with
plotly.js from the installed plotly package, served once per browser from `static/`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import plotly
import plotly.io
import streamlit as st

from core.charts.learning_curve import HEIGHT
from core.files import replace_file
from core.settings import APP_ROOT

_JS = """
let library;
function loadPlotly() {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) { resolve(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = new URL("app/static/plotly.min.js", document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.appendChild(script);
  });
  return library;
}
export default async function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const chart = parentElement.querySelector("[data-chart]");
  chart.setAttribute("role", "figure");
  chart.setAttribute("aria-label", data.alt);
  const Plotly = await loadPlotly();
  const figure = JSON.parse(data.figure);
  const style = getComputedStyle(parentElement);
  figure.layout.font = { ...figure.layout.font, color: style.color, family: style.fontFamily };
  figure.layout.hoverlabel = {
    bgcolor: style.getPropertyValue("--st-background-color") || undefined,
    font: { size: 13, color: style.color, family: style.fontFamily },
  };
  const config = { responsive: true, displayModeBar: false };
  await Plotly.react(chart, figure.data, figure.layout, config);
  // Plotly names the bar below the pointer's last rest: of two quick clicks, twice the first one.
  chart.onpointerdown = data.clickable ? event => press(chart, event, setTriggerValue) : null;
}
function press(chart, down, setTriggerValue) {
  // Plotly lays a cover over the page meanwhile; and who scrolls by touch does not choose.
  const done = new AbortController();
  const choosing = () => { done.abort(); choose(chart, down, setTriggerValue); };
  addEventListener("pointerup", choosing, { signal: done.signal });
  addEventListener("pointercancel", () => done.abort(), { signal: done.signal });
}
function choose(chart, { clientX, clientY }, setTriggerValue) {
  const at = [...chart.querySelectorAll(".barlayer .point path")].findIndex(bar => {
    const { left, right, top, bottom } = bar.getBoundingClientRect();
    return left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
  });
  const name = chart.data[at]?.customdata?.[0];
  if (name) { setTriggerValue("clicked", name); }
}
"""


def prepare_plotly_js() -> bool:
    """Puts plotly.js of the installed version where the server can serve it.

    Returns:
        Whether it is there; False in a folder that cannot be written to.
    """
    target = APP_ROOT / "static" / "plotly.min.js"
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    try:
        if not target.exists() or target.stat().st_size != source.stat().st_size:
            replace_file(target, lambda part: _copy(source, part))
    except OSError:
        return target.exists()
    return True


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


@cache
def _component(name: str, height: int) -> Callable[..., Any]:
    """A kind of chart; each has the height of its own from the start, so that nothing jumps."""
    made: Callable[..., Any] = st.components.v2.component(
        f"unfreeze_{name.replace('-', '_')}",
        html=f'<div class="unfreeze-{name}" data-chart></div>',
        css=f".unfreeze-{name} {{ width: 100%; min-height: {height}px; }}",
        js=_JS,
        isolate_styles=False,
    )
    return made


def live_chart(figure: str, key: str, alt: str) -> None:
    """Draws a figure; later calls with the same key update it in place.

    Args:
        figure: A Plotly figure as JSON; its layout has a constant `uirevision`.
        key: One for each chart on a page.
        alt: The chart in words.
    """
    if not prepare_plotly_js():
        st.plotly_chart(plotly.io.from_json(figure), key=key, alt=alt)
        return
    _component("live-chart", HEIGHT)(data={"figure": figure, "alt": alt}, key=key)


def clickable_chart(
    figure: str, key: str, alt: str, height: int, on_click: Callable[[], None]
) -> None:
    """Draws a figure of fixed height that stays in place, so that no click meets an old one.

    Args:
        figure: A Plotly figure as JSON.
        key: One for each chart on a page; `st.session_state[key]["clicked"]` is the `customdata`
            of what was clicked while `on_click` runs.
        alt: The chart in words.
        height: In pixels.
        on_click: Called before the rerun that follows a click.
    """
    if not prepare_plotly_js():
        st.plotly_chart(plotly.io.from_json(figure), key=f"{key}_still", alt=alt)
        return
    data = {"figure": figure, "alt": alt, "clickable": True}
    _component("clickable-chart", height)(data=data, key=key, on_clicked_change=on_click)
