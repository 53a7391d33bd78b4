"""The Head page's settings: backbone, image size, kind of head, training."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.backbones.catalog import BackboneSpec, backbones_on_offer
from core.backbones.defaults import (
    IMAGE_SIZES,
    suggest_dropout,
    suggest_image_size,
    suggest_training,
)
from core.config import HeadConfig, HeadKind
from core.datasets import Dataset
from core.language import mark, number, tr
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button
from core.ui.data.manifests import cached_manifest
from core.ui.forms import training_form
from core.ui.forms.rate_test import rate_test
from core.ui.text import plain

_HEADS: dict[HeadKind, tuple[str, str]] = {
    "light": (
        mark("Light"),
        mark("Averages the features and adds one layer. Quick, hard to overfit."),
    ),
    "classic": (
        mark("Classic"),
        mark("Flatten, 256 units, dropout: two million weights and more."),
    ),
}


def head_form(dataset: Dataset) -> HeadConfig | None:
    """Shows the settings and the button.

    Returns:
        What to train, in the rerun in which the button was pressed; otherwise None.
    """
    origin = training_form.origin(dataset)
    given = origin.base if origin else None
    # A run whose settings are taken brings its own defaults, so it is part of the keys.
    mark = f"_{origin.id}" if origin else ""
    table = cached_manifest(dataset)
    usable = table[table["usable"]]
    spec = _choose_backbone(given, mark)
    side = float(usable[["width", "height"]].max(axis=1).median()) if len(usable) else 0.0
    image_size = _choose_image_size(spec, side, given, mark)
    head = _choose_head(given, mark)
    default = suggest_training(head, int((usable["split"] == "train").sum()))
    if given is not None and given.head == head:
        default = given.training
    # The head's kind is part of the keys: another kind brings its own defaults.
    epochs = training_form.epochs(default.epochs, f"head_epochs_{head}{mark}")
    training, sections = training_form.advanced(
        replace(default, epochs=epochs), f"head{mark}", dataset, backbone=False
    )
    rate_key = f"head_rate_{head}{mark}"
    with sections.steps:
        rate = training_form.learning_rate(default.learning_rate, rate_key)
        below_rate = st.container()
    with sections.overfitting:
        dropout = _choose_dropout(head, given, mark)
    with sections.computing:
        random_weights = not spec.is_own and _choose_random_weights(given, mark)
    config = HeadConfig(
        dataset_id=dataset.id,
        dataset_version=dataset.version,
        backbone=spec.name,
        image_size=image_size,
        head=head,
        dropout=dropout,
        weights="random" if random_weights else "imagenet",
        training=replace(training, learning_rate=rate),
    )
    with below_rate:
        rate_test(config, dataset, rate_key)
    icon = ":material/play_arrow:"
    if act_button(
        tr("Train head"),
        type="primary",
        icon=icon,
        width="stretch",
        key="train",
        to=Action.START_RUN,
    ):
        return config
    return None


def _choose_backbone(given: HeadConfig | None, mark: str) -> BackboneSpec:
    offered = {spec.name: spec for spec in backbones_on_offer(session.settings().weights_dir)}
    name = st.selectbox(
        tr("Backbone"),
        list(offered),
        index=list(offered).index(given.backbone) if given and given.backbone in offered else 0,
        format_func=lambda n: offered[n].title,
        key=f"head_backbone{mark}",
        help=tr(
            "The pretrained network whose features the head learns from. A .keras file of your "
            "own in the workspace's weights folder is offered too."
        ),
    )
    spec = offered[name]
    facts = _facts(spec)
    st.caption(" ".join([plain(tr(spec.sentence)), f"{', '.join(facts)}." if facts else ""]))
    return spec


def _facts(spec: BackboneSpec) -> list[str]:
    facts: list[str] = []
    if spec.parameters:
        facts.append(tr("{count} M parameters", count=number(spec.parameters / 1e6, 1)))
    if spec.top1:
        facts.append(tr("{share} % on ImageNet", share=number(spec.top1, 1)))
    if not spec.is_own:
        facts.append(tr("comes with the app") if spec.bundled else tr("downloaded at first use"))
    return facts


def _choose_image_size(
    spec: BackboneSpec, median_side: float, given: HeadConfig | None, mark: str
) -> int:
    sizes = [size for size in IMAGE_SIZES if size >= spec.min_image_size]
    value = suggest_image_size(spec, median_side)
    if given is not None and given.backbone == spec.name and given.image_size in sizes:
        value = given.image_size
    size: int = st.select_slider(
        tr("Image size"),
        sizes,
        value=value,
        format_func=lambda s: tr("{size} px", size=s),
        key=f"head_image_size_{spec.name}_{median_side:.0f}{mark}",
        help=tr(
            "Height and width that every image is resized to. Half the size, a quarter the time."
        ),
    )
    return size


def _choose_dropout(head: HeadKind, given: HeadConfig | None, mark: str) -> float:
    return st.slider(
        tr("Dropout"),
        0.0,
        0.9,
        given.dropout if given and given.head == head else suggest_dropout(head),
        0.05,
        key=f"head_dropout_{head}{mark}",
        help=tr("Share of the features left out at random in each step."),
    )


def _choose_random_weights(given: HeadConfig | None, mark: str) -> bool:
    return st.toggle(
        tr("Random backbone weights"),
        value=given is not None and given.weights == "random",
        key=f"head_random{mark}",
        help=tr("Without what ImageNet taught it, to see what that is worth: expect a poor head."),
    )


def _choose_head(given: HeadConfig | None, mark: str) -> HeadKind:
    head: HeadKind = st.radio(
        tr("Head"),
        list(_HEADS),
        index=list(_HEADS).index(given.head) if given else 0,
        format_func=lambda kind: tr(_HEADS[kind][0]),
        captions=[tr(caption) for _, caption in _HEADS.values()],
        key=f"head_kind{mark}",
    )
    return head
