"""Images behind a number: small cards with both models' answers, and one image large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets import Dataset
from core.datasets.scanned import scanned_image
from core.evaluation.comparison import Comparison
from core.language import tr
from core.ui.data.manifests import cached_manifest
from core.ui.data.thumbnails import Picture, thumbnail
from core.ui.evaluate.heat import Heat, heat_for
from core.ui.evaluate.heat_pictures import heat_thumbnail
from core.ui.evaluate.large import answer, show_large
from core.ui.text import plain

# One row of `Comparison.pairs`, with the image's `sha256` and `bytes`.
Row = Mapping[Any, Any]

SIDE = 116
GAP = 4
SHOWN = 24
# The button covers its card, so that a click on a picture presses it.
_CSS = """<style>
[class*="st-key-card_"] { position: relative; }
[class*="st-key-card_"] :is([data-testid="stElementContainer"], .stButton, .stButton *) {
  position: static; }
[class*="st-key-card_"] button {
  min-height: 0; padding-block: 0.1rem; justify-content: flex-start; text-align: left; }
[class*="st-key-card_"] button::after {
  content: ""; position: absolute; inset: 0; cursor: zoom-in; border-radius: 0.3rem; }
[class*="st-key-card_"] button:focus-visible::after { outline: 2px solid #2B8AC6; }
[class*="st-key-card_"] button p { font-size: 0.875rem; }
[class*="st-key-card_"] [data-testid="stElementToolbar"] { display: none; }
</style>"""


def gallery(comparison: Comparison, rows: pd.DataFrame, key: str, heat: bool = False) -> None:
    """Shows a card for each image, more of them on request; a click opens one large.

    Args:
        comparison: The two runs that the images belong to.
        rows: Rows of its `pairs`, in the order to show.
        key: Tells this gallery's widgets from others'.
        heat: Whether each card shows where both models looked.
    """
    dataset = comparison.dataset
    if dataset is None:
        st.caption(tr("The data set was deleted, so its images cannot be shown."))
        return
    st.html(_CSS)
    above = st.container()
    pictures = st.container(horizontal=True, gap="medium" if heat else "small", key=f"cards_{key}")
    shown = rows.head(_shown(len(rows), key))
    with above:
        maps = heat_for(comparison, list(shown["path"]), key) if heat and len(shown) else None
    table = cached_manifest(dataset)
    table = table[table["path"].isin(shown["path"])]
    facts = dict(zip(table["path"], zip(table["sha256"], table["bytes"], strict=True), strict=True))
    with pictures:
        for place, row in enumerate(shown.to_dict("records")):
            row["sha256"], row["bytes"] = facts.get(row["path"], ("", 0))
            _card(comparison, dataset, row, maps, f"{key}_{place}")


def _shown(images: int, key: str) -> int:
    if images <= SHOWN:
        return images
    steps = sorted({SHOWN, min(4 * SHOWN, images), min(16 * SHOWN, images)})
    shown: int = st.select_slider(tr("Images shown"), steps, key=f"shown_{key}", width=240)
    return shown


def _card(comparison: Comparison, dataset: Dataset, row: Row, maps: Heat | None, key: str) -> None:
    names = comparison.class_names
    was = tr("was {answer}", answer=answer(row, "before", names))
    true = tr("truly {name}", name=plain(names[row["label"]]))
    wide = maps is not None and maps.has(row["path"])
    with st.container(width=3 * SIDE + 2 * GAP if wide else SIDE, gap=None, key=f"card_{key}"):
        if maps is not None and wide:
            place = _three_pictures(dataset, row, maps, (true, was))
        else:
            place = st.container(gap=None)
            wrong = row["after"] != row["label"]
            file = scanned_image(dataset.root, row)
            _picture(place, thumbnail(file), f"{true}: {row['path']}")
            place.caption(f"{was}  \n{true}" if wrong else was)
        now = tr("**now {answer}**", answer=answer(row, "after", names))
        help_ = tr("Open this image large")
        if place.button(now, key=f"open_{key}", type="tertiary", help=help_):
            show_large(comparison, dataset, row)


def _three_pictures(
    dataset: Dataset, row: Row, maps: Heat, words: tuple[str, str]
) -> DeltaGenerator:
    """The image and both models' heat on it; returns the place below the last one."""
    file, path = scanned_image(dataset.root, row), row["path"]
    line = st.container(horizontal=True, gap="xxsmall", wrap=False)
    places = [line.container(width=SIDE, gap=None) for _ in range(3)]
    _picture(places[0], thumbnail(file), f"{words[0]}: {path}")
    alts = (
        tr("Where the first model looked: {path}", path=path),
        tr("Where the second model looked: {path}", path=path),
    )
    for place, side, alt in zip(places[1:], (maps.before, maps.after), alts, strict=True):
        _picture(place, heat_thumbnail(file, side[path][0]), alt)
    for place, text in zip(places[:2], words, strict=True):
        place.caption(text)
    return places[2]


def _picture(place: DeltaGenerator, picture: Picture, alt: str) -> None:
    if picture.png is None:
        place.markdown(f":material/broken_image: :small[{picture.trouble}]")
    else:
        # In a place that is as wide: told by a number, Streamlit encodes it anew in every run.
        place.image(picture.png, width="stretch", alt=alt)
