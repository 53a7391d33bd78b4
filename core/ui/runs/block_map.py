"""The block map as a way to choose: a click on it and the select box say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.backbones.account import unfrozen_blocks
from core.backbones.block import Block, block_title
from core.charts import block_map
from core.config import Scope
from core.language import mark, tr
from core.ui import session
from core.ui.runs.live_chart import clickable_chart

_SCOPES: dict[Scope, str] = {
    "from": mark("From a block on"),
    "only": mark("One block alone"),
    "all": mark("Everything"),
    "none": mark("Head only, longer"),
}
_SCOPE_WORDS: dict[Scope, str] = {
    "from": mark("Click the block to unfreeze from."),
    "only": mark("Click the block to unfreeze; those before and after it stay frozen."),
    "all": mark("Every layer is trained: slow, and with few images it forgets what it knew."),
    "none": mark("No block is unfrozen: the head trains on, as a comparison."),
}


def choose_block(
    blocks: Sequence[Block],
    head_parameters: int,
    default: str,
    key: str,
    default_scope: Scope = "from",
) -> tuple[str, Scope]:
    """Shows the map with a select box and the kinds of choice below it.

    Args:
        blocks: The backbone's blocks, in order.
        head_parameters: Parameters of the head.
        default: Name of the block that is chosen at first.
        key: Makes the widgets' keys unique.
        default_scope: What is unfrozen with it at first.

    Returns:
        Name of the chosen block, and what is unfrozen with it.
    """
    names = [block.name for block in blocks]
    box_key, map_key, scope_key = f"block_{key}", f"block_map_{key}", f"scope_{key}"

    def take_click() -> None:
        chosen = clicked_block(st.session_state[map_key])
        if chosen is not None:
            st.session_state[box_key] = chosen

    # The map stands above the widgets, so it reads their values before they are drawn.
    # The box has its default through the state alone: a click on the map sets it there too.
    session.link("block", box_key, names, default)
    session.link("unfreeze", scope_key, _SCOPES, default_scope)
    chosen = str(st.session_state[box_key])
    scope: Scope = st.session_state[scope_key]
    unfrozen = unfrozen_blocks(blocks, chosen, scope)
    chart = block_map.figure(blocks, head_parameters, unfrozen, clickable=scope in ("from", "only"))
    clickable_chart(
        str(chart.to_json()), map_key, _alt(unfrozen), block_map.HEIGHT, on_click=take_click
    )
    axes = tr("Width: share of compute. Height: parameters.")
    st.caption(f"{axes} {tr(_SCOPE_WORDS[scope])}")
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    _choose_scope(left, scope_key)
    right.selectbox(
        tr("Block"),
        names,
        format_func=block_title,
        key=box_key,
        disabled=scope in ("all", "none"),
    )
    return chosen, scope


def _choose_scope(place: DeltaGenerator, key: str) -> None:
    place.segmented_control(
        tr("Unfreeze"),
        list(_SCOPES),
        required=True,
        format_func=lambda name: tr(_SCOPES[name]),
        key=key,
        help=tr(
            "The article's rule is from a block on. One block alone is surgical fine-tuning "
            "(Lee et al. 2023): earlier blocks help where the pictures look different."
        ),
    )


def clicked_block(state: Any) -> str | None:
    """The block that a click on the map names, or None where it met none, such as the head."""
    data = state.get("clicked") if state else None
    if not data:
        return None
    return str(data[0] if isinstance(data, list | tuple) else data)


def show_map(blocks: Sequence[Block], head_parameters: int, unfrozen: Sequence[str]) -> None:
    """The map as a picture only."""
    chart = block_map.figure(blocks, head_parameters, unfrozen, clickable=False)
    st.plotly_chart(
        chart,
        key="block_map",
        config={"displayModeBar": False},
        alt=_alt(unfrozen),
    )


def _alt(unfrozen: Sequence[str]) -> str:
    if not unfrozen:
        return tr("Block map: only the head unfrozen.")
    return tr(
        "Block map: {blocks} unfrozen.", blocks=", ".join(block_title(name) for name in unfrozen)
    )
