"""Augmentation settings: purpose, cost and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.config import Augmentation, AugmentationMode
from core.datasets import Dataset
from core.language import mark, tr, trn
from core.ui.data.manifests import image_counts
from core.ui.forms.augmentation_preview import preview

_MODES: dict[AugmentationMode, str] = {
    "none": mark("Not at all"),
    "views": mark("A few stored variants of each"),
    "live": mark("A new variant in every epoch"),
}
# Factors of the usual ranges.
_STRENGTHS = {mark("gentle"): 0.5, mark("usual"): 1.0, mark("strong"): 2.0}
_OWN = mark("my own")
_VIEWS = (2, 3, 4, 6, 8, 12, 16)
# Training images of a class up to which variants most often help, and from which they seldom do.
_FEW, _MANY = 100, 1000


@dataclass(frozen=True)
class _Range:
    """A slider: the field of `Augmentation`, and how people speak of it."""

    field: str
    label: str
    most: int
    unit: str
    scale: float
    help: str


_RANGES = (
    _Range("rotation", mark("Turn, up to"), 45, "°", 360, mark("To either side.")),
    _Range("zoom", mark("Zoom, up to"), 50, " %", 100, mark("In or out.")),
    _Range(
        "translation",
        mark("Shift, up to"),
        50,
        " %",
        100,
        mark("Of the image's side, in any direction."),
    ),
    _Range("contrast", mark("Contrast, up to"), 80, " %", 100, mark("More or less of it.")),
    _Range("brightness", mark("Brightness, up to"), 50, " %", 100, mark("Darker or lighter.")),
)


def augmentation_options(
    default: Augmentation, key: str, dataset: Dataset, epochs: int
) -> Augmentation:
    """Shows the choice and, where images are to be varied, cost, ranges and examples.

    Args:
        default: What is chosen at first.
        key: Start of the widgets' keys.
        dataset: Its images are varied.
        epochs: That are asked for.

    Returns:
        What was chosen.
    """
    train = image_counts(dataset)["train"]
    mode: AugmentationMode = st.selectbox(
        tr("Vary the training images"),
        list(_MODES),
        index=list(_MODES).index(default.mode),
        format_func=lambda name: tr(_MODES[name]),
        key=f"{key}_augmentation",
        help=tr(
            "Augmentation: turned, shifted, lighter or darker copies of the training images, so "
            "that the model learns what does not matter. Validation and test images stay as they "
            "are."
        ),
    )
    st.caption(advice(train, max(1, len(dataset.class_names))))
    if mode == "none":
        return replace(default, mode=mode)
    views = _views(default, key) if mode == "views" else default.views
    chosen = replace(default, mode=mode, views=views)
    st.caption(f":material/timer: {cost_words(chosen, train, epochs)}")
    chosen = replace(_strength(chosen, key), flip=_flip(default, key, dataset.class_names))
    preview(dataset, chosen, key)
    return chosen


def advice(train_images: int, classes: int) -> str:
    """Expected benefit of augmentation, by the number of training images."""
    each = round(train_images / classes)
    count = trn("{count} training image a class", "{count} training images a class", each)
    if each < _FEW:
        return tr(
            "With {images}, variants are worth a try: stored ones first, they cost less.",
            images=count,
        )
    if each < _MANY:
        return tr("With {images}, variants may help a little.", images=count)
    return tr("With {images}, variants seldom change much.", images=count)


def cost_words(augmentation: Augmentation, train_images: int, epochs: int) -> str:
    """Cost of a mode, in passes through the frozen layers.

    Args:
        augmentation: Its mode is not `none`.
        train_images: Number of training images.
        epochs: That are asked for.
    """
    if augmentation.mode == "views":
        passes = train_images * augmentation.views
        return tr(
            "{passes} passes through the frozen layers instead of {images}, once; "
            "{views} times the room on disk. Epochs take as long as without.",
            passes=passes,
            images=train_images,
            views=augmentation.views,
        )
    return tr(
        "No training image is stored: all {images} go through the whole network in every "
        "epoch, {passes} passes instead of {images}.",
        images=train_images,
        passes=train_images * epochs,
    )


def _views(default: Augmentation, key: str) -> int:
    views: int = st.select_slider(
        tr("Variants of each image"),
        sorted({*_VIEWS, default.views}),
        value=default.views,
        key=f"{key}_views",
        help=tr(
            "The unchanged image is one of them. Each epoch takes one of each image at random."
        ),
    )
    return views


def mirrors_at_first(default: Augmentation, class_names: Sequence[str]) -> bool:
    """Return True if the horizontal flip is on when the form opens."""
    # Classes of one character each are digits or letters; who varied them before, has chosen.
    written = default.mode == "none" and all(len(name) == 1 for name in class_names)
    return default.flip and not written


def _flip(default: Augmentation, key: str, class_names: Sequence[str]) -> bool:
    return st.toggle(
        tr("Mirror left to right"),
        value=mirrors_at_first(default, class_names),
        key=f"{key}_flip",
        help=tr("Not for digits, letters, or where left and right tell classes apart."),
    )


def _strength(default: Augmentation, key: str) -> Augmentation:
    """One choice for all ranges; each by itself only for who asks for that."""
    strengths = {title: _scaled(factor) for title, factor in _STRENGTHS.items()}
    at_first = next((title for title in strengths if _same(strengths[title], default)), _OWN)
    title = st.select_slider(
        tr("How much"),
        [*strengths, _OWN],
        value=at_first,
        format_func=tr,
        key=f"{key}_strength",
        help=tr(
            "How far images are turned, zoomed, shifted, and changed in contrast and brightness."
        ),
    )
    if title == _OWN:
        return _ranges(default, key)
    return replace(strengths[title], mode=default.mode, views=default.views)


def _scaled(factor: float) -> Augmentation:
    usual = Augmentation()
    return replace(
        usual,
        rotation=usual.rotation * factor,
        zoom=usual.zoom * factor,
        translation=usual.translation * factor,
        contrast=usual.contrast * factor,
        brightness=usual.brightness * factor,
    )


def _same(one: Augmentation, other: Augmentation) -> bool:
    return all(getattr(one, r.field) == getattr(other, r.field) for r in _RANGES)


def _ranges(default: Augmentation, key: str) -> Augmentation:
    values: dict[str, float] = {}
    for about in _RANGES:
        before = getattr(default, about.field)
        shown = st.slider(
            tr(about.label),
            0,
            about.most,
            round(before * about.scale),
            format=f"%d{about.unit.replace('%', '%%')}",
            key=f"{key}_{about.field}",
            help=tr(about.help),
        )
        # Kept as it is where nobody moved it: the slider has whole steps only.
        moved = shown != round(before * about.scale)
        values[about.field] = shown / about.scale if moved else before
    return replace(
        default,
        rotation=values["rotation"],
        zoom=values["zoom"],
        translation=values["translation"],
        contrast=values["contrast"],
        brightness=values["brightness"],
    )
