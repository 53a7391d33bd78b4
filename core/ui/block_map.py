"""The block map as a way to choose: a click on it and the select box say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.backbones.account import unfrozen_blocks
from core.backbones.block import Block, block_title
from core.charts import block_map


def choose_block(blocks: Sequence[Block], head_parameters: int, default: str, key: str) -> str:
    """Shows the map and the select box.

    Args:
        blocks: The backbone's blocks, in order.
        head_parameters: Parameters of the head.
        default: Name of the block that is chosen at first.
        key: Makes the widgets' keys unique.

    Returns:
        Name of the chosen block.
    """
    names = [block.name for block in blocks]
    box_key, map_key = f"block_{key}", f"block_map_{key}"

    def take_click() -> None:
        chosen = clicked_block(st.session_state[map_key])
        if chosen is not None:
            st.session_state[box_key] = chosen

    # The map stands above the box, so it reads the box's value before the box is drawn.
    chosen = str(st.session_state.get(box_key, default))
    st.plotly_chart(
        block_map.figure(blocks, head_parameters, unfrozen_blocks(blocks, chosen, "from")),
        key=map_key,
        on_select=take_click,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Block map: {block_title(chosen)} and all after it are unfrozen.",
    )
    st.caption("Width: share of compute. Height: parameters. Click the block to unfreeze from.")
    box = st.selectbox(
        "Unfreeze from",
        names,
        index=names.index(default),
        format_func=block_title,
        key=box_key,
        help="This block and all after it are trained; those before it stay frozen.",
    )
    return str(box)


def clicked_block(state: Any) -> str | None:
    """The block that a selection of the map names, or None where nothing is selected."""
    points = state["selection"]["points"] if state else []
    data = points[0].get("customdata") if points else None
    if not data:
        return None
    first = data[0] if isinstance(data, list | tuple) else data
    return str(first[0] if isinstance(first, list | tuple) else first)


def show_map(blocks: Sequence[Block], head_parameters: int, unfrozen: Sequence[str]) -> None:
    """The map as a picture only."""
    chart = block_map.figure(blocks, head_parameters, unfrozen, clickable=False)
    words = ", ".join(block_title(name) for name in unfrozen) or "only the head"
    st.plotly_chart(
        chart,
        key="block_map",
        config={"displayModeBar": False},
        alt=f"Block map: {words} unfrozen.",
    )
