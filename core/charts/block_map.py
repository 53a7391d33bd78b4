"""The signature picture: a backbone as a row of blocks, coloured by frozen or unfrozen.

Width is compute (multiply-adds), height is parameters. After a run the unfrozen blocks are shaded
by how far their weights moved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.backbones.block import Block
from core.charts import theme
from core.language import number, tr

GAP = 0.006
MIN_WIDTH = 0.055
MIN_HEIGHT = 0.22
HEAD_WIDTH = 0.03
HEIGHT = 250
# From hardly moved over `theme.UNFROZEN` to moved most.
_SHADES = ((250, 205, 180), (232, 89, 12), (150, 48, 4))
_INK_ON_STILL = "#3D1703"
_STAYED: dict[str, Any] = {"text": ["0 %"]}


def figure(
    blocks: Sequence[Block],
    head_parameters: int,
    unfrozen: Collection[str],
    clickable: bool = True,
    moved: Mapping[str, float] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """Draws the map.

    Args:
        blocks: The backbone's blocks, in order.
        head_parameters: Parameters of the head, which is always trained.
        unfrozen: Names of the unfrozen blocks.
        clickable: Whether hovering says that a click chooses.
        moved: After a run, how far the weights of each unfrozen block and of `head` moved, as a
            share of their size: blocks are shaded by it, and labelled with it.
        height: In pixels.

    Returns:
        A figure with one bar a block; a bar's `customdata` is `[name]`.
    """
    widths = [*_widths(blocks), HEAD_WIDTH]
    lefts = [sum(widths[:i]) + GAP * i for i in range(len(widths))]
    largest = max(head_parameters, *(block.parameters for block in blocks))
    centres = [left + width / 2 for left, width in zip(lefts, widths, strict=True)]
    names = [*(block.title for block in blocks), tr("head")]
    chart = go.Figure(layout=_layout(centres, names, height))
    shades = _shades(moved or {})
    for block, x, width in zip(blocks, centres[:-1], widths[:-1], strict=True):
        warm = block.name in unfrozen
        hover = _hover(block, warm, clickable, (moved or {}).get(block.name))
        bar = _bar(x, width, _height(block.parameters, largest), block.parameters, warm, hover)
        label = shades.get(block.name) if warm else _STAYED if moved else None
        chart.add_trace(bar.update(customdata=[[block.name]], **(label or {})))
    hover = tr("<b>head</b>: always trained<br>{count} parameters", count=head_parameters)
    tall = _height(head_parameters, largest)
    bar = _bar(centres[-1], HEAD_WIDTH, tall, head_parameters, True, f"{hover}<extra></extra>")
    chart.add_trace(bar.update(**shades.get("head", {})))
    first = next((i for i, block in enumerate(blocks) if block.name in unfrozen), len(blocks))
    _draw_border(chart, lefts[first] - GAP / 2, stored=moved is None)
    return chart


def _shades(moved: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Colour, label and ink of each block; the head, which moves most, is not the measure."""
    most = max((share for name, share in moved.items() if name != "head"), default=0.0)
    shades = {}
    for name, share in moved.items():
        heat = min(1.0, share / most) if most else 1.0
        channels = zip(*_SHADES, strict=True)
        mixed = [round(float(np.interp(heat, (0, 0.5, 1), channel))) for channel in channels]
        shades[name] = {
            "marker": {
                "color": f"rgb{tuple(mixed)}",
                "line": {"color": theme.UNFROZEN, "width": 1},
            },
            "text": [share_text(share)],
            "textfont": {"color": theme.INK_ON_UNFROZEN if heat > 0.45 else _INK_ON_STILL},
        }
    return shades


def _widths(blocks: Sequence[Block]) -> list[float]:
    """Shares of the compute, none so small that its name could not be read."""
    room = 1.0 - HEAD_WIDTH - GAP * len(blocks)
    least = min(MIN_WIDTH, room / len(blocks))
    total = sum(block.multiply_adds for block in blocks) or 1
    free = room - least * len(blocks)
    return [least + free * block.multiply_adds / total for block in blocks]


def _height(parameters: int, largest: int) -> float:
    # The square root keeps blocks of very different sizes in one picture.
    return float(MIN_HEIGHT + (1 - MIN_HEIGHT) * (parameters / largest) ** 0.5)


def _bar(x: float, width: float, height: float, parameters: int, warm: bool, hover: str) -> go.Bar:
    colour, line = (theme.UNFROZEN, theme.UNFROZEN) if warm else (theme.FROZEN, theme.FROZEN_LINE)
    ink = theme.INK_ON_UNFROZEN if warm else theme.INK_ON_FROZEN
    return go.Bar(
        x=[x],
        y=[height],
        base=[-height / 2],
        width=[width],
        marker={"color": colour, "line": {"color": line, "width": 1}},
        text=[short_count(parameters)],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": ink, "size": 12},
        hovertemplate=hover,
        showlegend=False,
        # A clicked block shows by its colour; Plotly would fade all the others too.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def _hover(block: Block, warm: bool, clickable: bool, moved: float | None) -> str:
    shape = " x ".join(str(size) for size in block.output_shape)
    state = tr("unfrozen, trained") if warm else tr("frozen")
    click = tr("click to unfreeze from here")
    lines = [
        f"<b>{block.title}</b>: {state}",
        "" if moved is None else _moved_words(moved),
        tr(
            "{count} parameters in {layers} layers",
            count=block.parameters,
            layers=len(block.layers),
        ),
        tr(
            "{count} million multiply-adds an image",
            count=number(block.multiply_adds / 1e6),
        ),
        tr("output {shape}", shape=shape),
        tr("{count} BatchNorm layers", count=block.batchnorm_layers)
        if block.batchnorm_layers
        else "",
        f"<i>{click}</i>" if clickable else "",
    ]
    return "<br>".join(line for line in lines if line) + "<extra></extra>"


def _moved_words(share: float) -> str:
    return tr("its weights moved by {share} of their size", share=share_text(share))


def _draw_border(chart: go.Figure, x: float, stored: bool) -> None:
    line = {"color": theme.MUTED, "width": 2, "dash": "dot"}
    chart.add_shape(type="line", x0=x, x1=x, y0=-0.56, y1=0.72, line=line)
    frozen = tr("frozen")
    if x > 0.45:
        frozen = (
            tr("frozen · computed once and stored") if stored else tr("frozen · not one bit moved")
        )
    for text, anchor, shift, colour in (
        (frozen, "right", -6, theme.FROZEN_LINE),
        (tr("unfrozen · trained"), "left", 6, theme.UNFROZEN),
    ):
        if anchor == "right" and x < 0.12:
            continue  # nothing, or too little, lies left of the border
        crowded = anchor == "left" and x >= 0.7
        chart.add_annotation(
            text=theme.keyed(colour, text),
            x=1 if crowded else x,
            y=0.74,
            xanchor="right" if crowded else anchor,
            xshift=0 if crowded else shift,
            yshift=16 if crowded else 0,
            yanchor="bottom",
            showarrow=False,
            font={"size": 13},
        )


def _layout(centres: list[float], names: list[str], height: int) -> go.Layout:
    names_below = {
        "range": [-0.005, 1.005],
        "tickvals": centres,
        "ticktext": names,
        # On a phone the names stand upright.
        "autotickangles": [0, 90],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": 12},
    }
    return theme.layout(
        height,
        # The head's bar is narrower than its name, which Plotly leaves out where it has no room.
        margin={"l": 0, "r": 14, "t": 24, "b": 24},
        xaxis=names_below,
        yaxis={"visible": False, "fixedrange": True, "range": [-0.6, 0.86]},
        barmode="overlay",
        # A count that does not fit is left out; hovering tells it.
        uniformtext={"minsize": 10, "mode": "hide"},
        dragmode=False,
        hovermode="closest",
    )


def share_text(share: float) -> str:
    """A share in percent as people say it: 0.04 %, 3.1 %, 25 %."""
    percent = 100 * share
    digits = 0 if percent >= 9.95 else 1 if percent >= 0.095 else 2
    return f"{number(percent, digits)} %"


def short_count(count: int) -> str:
    """A count as people say it: 140 k, 1.18 M."""
    if count >= 1_000_000:
        return tr("{count} M", count=number(count / 1e6, 2))
    return tr("{count} k", count=number(count / 1e3, 0 if count >= 10_000 else 1))
