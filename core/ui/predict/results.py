"""Predictions of each image, as cards and as one CSV."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.evaluation.answers import NONE_OF_THESE, Answer
from core.evaluation.export import answers_csv
from core.evaluation.rejection import threshold_in_words
from core.language import anew, number, tr, trn
from core.ui.text import percent, plain

_SHOWN = 60
_TOP = 3


def results(
    answers: list[Answer], class_names: tuple[str, ...], threshold: float, name: str
) -> None:
    """Shows what is wrong with broken files, a card for each image, and the download.

    Args:
        answers: One a file, in the order of the files.
        class_names: In the order of the labels.
        threshold: Lowest probability that counts; below it the answer is "none of these".
        name: Start of the CSV's file name.
    """
    good = [answer for answer in answers if answer.error is None]
    for answer in answers:
        if answer.error is not None:
            words = f"{plain(anew(answer.error.what))} {plain(anew(answer.error.way_out))}"
            st.error(words, icon=":material/broken_image:")
    if not good:
        return
    _summary(good, class_names, threshold, name)
    columns = st.columns(2, gap="medium")
    for place, answer in enumerate(good[:_SHOWN]):
        with columns[place % 2]:
            _card(answer, class_names, threshold)
    if len(good) > _SHOWN:
        st.caption(
            tr(
                "The first {shown} of {count} images. The CSV has all of them.",
                shown=_SHOWN,
                count=len(good),
            )
        )


def _summary(good: list[Answer], class_names: tuple[str, ...], threshold: float, name: str) -> None:
    typical = float(np.median([answer.milliseconds for answer in good]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            trn(
                "**{count} image**, {milliseconds} ms each",
                "**{count} images**, {milliseconds} ms each",
                len(good),
                milliseconds=number(typical, 1),
            )
        )
        st.download_button(
            tr("All as CSV"),
            lambda: _csv(good, class_names, threshold),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
            key="download_answers",
        )


def _card(answer: Answer, class_names: tuple[str, ...], threshold: float) -> None:
    with st.container(border=True):
        picture, words = st.columns([1, 2], gap="medium", vertical_alignment="center")
        with picture:
            if answer.image is not None:
                st.image(answer.image, width="stretch", alt=answer.name)
        with words:
            said = answer.class_name(class_names, threshold)
            shown = tr(said) if said == NONE_OF_THESE else said
            st.markdown(f"#### {plain(shown)}", help=_help(said, threshold))
            for label, probability in answer.best(_TOP):
                text = f"**{plain(class_names[label])}** {percent(probability)}"
                st.progress(min(max(probability, 0.0), 1.0), text=text)
            st.caption(plain(answer.name))


def _help(said: str, threshold: float) -> str | None:
    if said != NONE_OF_THESE:
        return None
    limit = threshold_in_words(threshold)
    return tr("Less sure than {limit}, the threshold chosen on the Evaluate page.", limit=limit)


def _csv(good: list[Answer], class_names: tuple[str, ...], threshold: float) -> bytes:
    rows = [answer.probabilities for answer in good if answer.probabilities is not None]
    said = [answer.class_name(class_names, threshold) for answer in good]
    return answers_csv([a.name for a in good], said, np.stack(rows), class_names)
