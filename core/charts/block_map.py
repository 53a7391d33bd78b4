"""The signature picture: a backbone as a row of blocks, coloured by frozen or unfrozen.

Width is compute (multiply-adds), height is parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import plotly.graph_objects as go

from core.backbones.block import Block
from core.charts import theme

GAP = 0.006
MIN_WIDTH = 0.055
MIN_HEIGHT = 0.22
HEAD_WIDTH = 0.03


def figure(
    blocks: Sequence[Block], head_parameters: int, unfrozen: Collection[str], clickable: bool = True
) -> go.Figure:
    """Draws the map.

    Args:
        blocks: The backbone's blocks, in order.
        head_parameters: Parameters of the head, which is always trained.
        unfrozen: Names of the unfrozen blocks.
        clickable: Whether hovering says that a click chooses.

    Returns:
        A figure with one bar a block; a bar's `customdata` is `[name]`.
    """
    widths = _widths(blocks)
    largest = max(head_parameters, *(block.parameters for block in blocks))
    chart = go.Figure(layout=_layout())
    left = 0.0
    border = None
    for block, width in zip(blocks, widths, strict=True):
        warm = block.name in unfrozen
        if warm and border is None:
            border = left - GAP / 2
        height = _height(block.parameters, largest)
        chart.add_trace(_bar(block, left, width, height, warm, clickable))
        chart.add_annotation(**_name(block.title, left + width / 2, width))
        left += width + GAP
    height = _height(head_parameters, largest)
    chart.add_trace(_head_bar(head_parameters, left, height))
    chart.add_annotation(**_name("head", left + HEAD_WIDTH / 2, 1.0))
    _draw_border(chart, left - GAP / 2 if border is None else border)
    return chart


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


def _bar(
    block: Block, left: float, width: float, height: float, warm: bool, clickable: bool
) -> go.Bar:
    return go.Bar(
        x=[left + width / 2],
        y=[height],
        base=[-height / 2],
        width=[width],
        customdata=[[block.name]],
        marker={
            "color": theme.UNFROZEN if warm else theme.FROZEN,
            "line": {"color": theme.UNFROZEN if warm else theme.FROZEN_LINE, "width": 1},
        },
        text=[short_count(block.parameters)] if width > 0.045 else [""],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": theme.INK_ON_UNFROZEN if warm else theme.INK_ON_FROZEN, "size": 12},
        hovertemplate=_hover(block, warm, clickable),
        showlegend=False,
    )


def _hover(block: Block, warm: bool, clickable: bool) -> str:
    shape = " x ".join(str(size) for size in block.output_shape)
    lines = [
        f"<b>{block.title}</b>: {'unfrozen, trained' if warm else 'frozen'}",
        f"{block.parameters:,} parameters in {len(block.layers)} layers",
        f"{block.multiply_adds / 1e6:,.0f} million multiply-adds an image",
        f"output {shape}",
        f"{block.batchnorm_layers} BatchNorm layers" if block.batchnorm_layers else "",
        "<i>click to unfreeze from here</i>" if clickable else "",
    ]
    return "<br>".join(line for line in lines if line) + "<extra></extra>"


def _head_bar(parameters: int, left: float, height: float) -> go.Bar:
    return go.Bar(
        x=[left + HEAD_WIDTH / 2],
        y=[height],
        base=[-height / 2],
        width=[HEAD_WIDTH],
        marker={"color": theme.UNFROZEN, "line": {"color": theme.UNFROZEN, "width": 1}},
        hovertemplate=f"<b>head</b>: always trained<br>{parameters:,} parameters<extra></extra>",
        showlegend=False,
    )


def _name(text: str, x: float, width: float) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": -0.6,
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 12 if width > 0.06 else 11},
    }


def _draw_border(chart: go.Figure, x: float) -> None:
    line = {"color": theme.MUTED, "width": 2, "dash": "dot"}
    chart.add_shape(type="line", x0=x, x1=x, y0=-0.56, y1=0.72, line=line)
    for text, anchor, shift, colour in (
        ("frozen · computed once and stored", "right", -6, theme.FROZEN_LINE),
        ("unfrozen · trained", "left", 6, theme.UNFROZEN),
    ):
        if anchor == "right" and x < 0.25:
            continue  # nothing, or too little, lies left of the border
        chart.add_annotation(
            text=text,
            x=x,
            y=0.74,
            xanchor=anchor if x < 0.8 or anchor == "right" else "right",
            xshift=shift,
            yshift=16 if x >= 0.8 and anchor == "left" else 0,
            yanchor="bottom",
            showarrow=False,
            font={"color": colour, "size": 13},
        )


def _layout() -> go.Layout:
    hidden = {"visible": False, "fixedrange": True}
    return theme.layout(
        250,
        margin={"l": 0, "r": 0, "t": 24, "b": 8},
        xaxis={**hidden, "range": [-0.005, 1.005]},
        yaxis={**hidden, "range": [-0.78, 0.86]},
        barmode="overlay",
        dragmode=False,
        hovermode="closest",
    )


def short_count(count: int) -> str:
    """A count as people say it: 140 k, 1.18 M."""
    if count >= 1_000_000:
        return f"{count / 1e6:.2f} M"
    return f"{count / 1e3:.0f} k" if count >= 10_000 else f"{count / 1e3:.1f} k"
