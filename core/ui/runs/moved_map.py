"""The block map after a run: what stayed frozen, and how far each other block moved."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.backbones.block import Block
from core.charts import block_map
from core.charts.movement import block_movement
from core.language import tr

HEIGHT = 190


def moved_map(account: dict[str, Any], key: str) -> None:
    """Shows the map; nothing where no block was unfrozen.

    Args:
        account: A run's `account.json`, with the proof.
        key: Makes the chart's key unique.
    """
    if not account.get("unfrozen") or not account["proof"].get("movement"):
        return
    moved = block_movement(account["proof"]["movement"])
    blocks = [Block.from_dict(values) for values in account["blocks"]]
    chart = block_map.figure(
        blocks, account["head_parameters"], account["unfrozen"], False, moved, HEIGHT
    )
    shares = ", ".join(f"{name} {block_map.share_text(share)}" for name, share in moved.items())
    alt = tr("How far the weights of each block moved: {blocks}. All others stayed.", blocks=shares)
    st.plotly_chart(
        chart,
        key=f"block_map_moved_{key}",
        config={"displayModeBar": False},
        alt=alt,
    )
    st.caption(tr("Shade and number: how far a block's weights moved, in percent of their size."))
