"""A Plotly chart that keeps its place on the page, and its zoom, while its data grow.

`st.plotly_chart` is mounted anew whenever its data change; this calls `Plotly.react` instead, with
plotly.js from the installed plotly package, served once per browser from `static/`.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

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
  const { parentElement, data } = component;
  const chart = parentElement.querySelector(".unfreeze-live-chart");
  chart.setAttribute("role", "figure");
  chart.setAttribute("aria-label", data.alt);
  const Plotly = await loadPlotly();
  const figure = JSON.parse(data.figure);
  const style = getComputedStyle(parentElement);
  figure.layout.font = { ...figure.layout.font, color: style.color, family: style.fontFamily };
  const config = { responsive: true, displayModeBar: false };
  await Plotly.react(chart, figure.data, figure.layout, config);
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
def _component() -> object:
    return st.components.v2.component(
        "unfreeze_live_chart",
        html='<div class="unfreeze-live-chart"></div>',
        css=f".unfreeze-live-chart {{ width: 100%; min-height: {HEIGHT}px; }}",
        js=_JS,
        isolate_styles=False,
    )


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
    _component()(data={"figure": figure, "alt": alt}, key=key)  # type: ignore[operator]
