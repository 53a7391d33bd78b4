"""Short explanations beside the thing itself, each of which can be hidden for good.

A browser remembers what was hidden in a cookie for each, so that it needs no login and one
person's choice is not everybody's. It is read on the server, so that nothing jumps.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import streamlit as st

from core.language import mark, tr
from core.ui import session
from core.ui.glossary import glossary_button

TipName = Literal["head", "freeze", "compile", "low_rate", "verdict", "test_images"]


class Tip(NamedTuple):
    """A question, and its answer in two or three sentences; both are for `tr`."""

    question: str
    answer: str


TIPS: dict[TipName, Tip] = {
    "head": Tip(
        mark("What is a head?"),
        mark(
            "The last layers: they turn what the backbone sees in an image into a probability for "
            "each class. The backbone's own knew ImageNet's thousand classes; yours get a new "
            "one, which begins at random."
        ),
    ),
    "freeze": Tip(
        mark("Why freeze?"),
        mark(
            "A head that begins at random is wrong nearly everywhere. Corrections that large, "
            "carried back into the backbone, would spoil what it knows before the head is of any "
            "use. Frozen, it cannot change; and what it sees in an image needs computing only "
            "once, so the head trains quickly."
        ),
    ),
    "compile": Tip(
        mark("Why compile again?"),
        mark(
            "Keras settles what a model trains when it is compiled: a block unfrozen later would "
            "stay as it is. So the app compiles again after unfreezing, with a fresh optimizer. "
            "After the run it compares every weight, to show what moved and what did not."
        ),
    ),
    "low_rate": Tip(
        mark("Why so low a rate?"),
        mark(
            "The block is good already and needs touching up, not a new start. Steps as large as "
            "the head's would write over it within a few batches; a tenth of that or less lets it "
            "adapt."
        ),
    ),
    "verdict": Tip(
        mark("What does the verdict mean?"),
        mark(
            "Both models answer the same test images; what counts are those that only one of them "
            "has right. It says helped or hurt where luck would seldom be that one-sided, and "
            "cannot tell otherwise, even if one accuracy is higher."
        ),
    ),
    "test_images": Tip(
        mark("Why look at test images only at the end?"),
        mark(
            "They stand for images that nobody has seen yet. Whoever changes a setting after "
            "looking fits the choice to them, and their accuracy promises more than new images "
            "will keep. Choose by validation, and come here when you have chosen."
        ),
    ),
}


def show_tips(*names: TipName) -> None:
    """Shows explanations side by side, but for those that were hidden."""
    shown = [name for name in names if not session.is_tip_hidden(name)]
    if len(shown) == 1:
        _show(shown[0])
    elif shown:
        for column, name in zip(st.columns(len(shown)), shown, strict=True):
            with column:
                # As high as its neighbour; one alone would grow with the column that it is in.
                _show(name, "stretch")
    if shown:
        glossary_button(shown[0])


def _show(name: TipName, height: Literal["content", "stretch"] = "content") -> None:
    tip = TIPS[name]
    with st.container(key=f"tip-{name}", horizontal=True, gap="small", height=height):
        st.markdown(f"**{tr(tip.question)}** {tr(tip.answer)}", width="stretch")
        st.button(
            # Read out only: the look of the page shows the cross alone.
            tr("Hide: {what}", what=tr(tip.question)),
            icon=":material/close:",
            type="tertiary",
            key=f"hide_tip_{name}",
            on_click=session.hide_tip,
            args=(name,),
        )


def show_tips_again() -> None:
    """A button that brings all explanations back, where some are hidden."""
    if any(session.is_tip_hidden(name) for name in TIPS):
        st.button(
            tr("Show the explanations again"),
            icon=":material/lightbulb:",
            type="tertiary",
            key="show_tips",
            on_click=_bring_back,
        )


def tip_cookies() -> list[str]:
    """Cookies that remember the tips hidden or shown in this session."""
    return [_cookie(name, hidden) for name, hidden in session.tip_choices().items()]


def _bring_back() -> None:
    for name in TIPS:
        session.hide_tip(name, hidden=False)


def _cookie(name: str, hidden: bool) -> str:
    seconds = 365 * 24 * 3600 if hidden else 0
    return f"{session.TIP_COOKIE}{name}=hidden; path=/; max-age={seconds}; SameSite=Lax"
