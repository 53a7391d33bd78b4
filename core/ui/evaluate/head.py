"""The Evaluate page for one run alone: a head that has not been fine-tuned yet."""

from __future__ import annotations

import streamlit as st

from core.charts import intervals
from core.datasets import Datasets
from core.evaluation.comparison import class_names_of, model_name
from core.evaluation.intervals import wilson
from core.evaluation.predictions import read_predictions
from core.language import number, tr, trn
from core.runs import Run
from core.ui.evaluate.classes import single_class_figures
from core.ui.evaluate.confusion import single_confusion_matrix
from core.ui.text import percent, plain


def single_run(run: Run, datasets: Datasets) -> None:
    """Shows one run's figures on the test images, and the way to a comparison."""
    predictions = read_predictions(run, "test")
    names = class_names_of(run, datasets)
    right = int((predictions["predicted"] == predictions["label"]).sum())
    score = wilson(right, len(predictions))
    with st.container(border=True, key="single"):
        words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
        with words:
            st.subheader(f"{plain(model_name(run))}: {percent(score.estimate)}", anchor=False)
            st.markdown(
                trn(
                    "It has **{right}** of **{count}** test image right. With this many images the "
                    "true accuracy lies between {low} and {high}, 19 times out of 20.",
                    "It has **{right}** of **{count}** test images right. With this many images "
                    "the true accuracy lies between {low} and {high}, 19 times out of 20.",
                    len(predictions),
                    right=right,
                    low=number(100 * score.low, 1),
                    high=percent(score.high),
                )
            )
            if run.is_head:
                st.page_link(
                    "pages/3_Fine_tune.py",
                    label=tr("Fine-tune it, and see whether that helps"),
                    icon=":material/local_fire_department:",
                )
        with picture:
            st.plotly_chart(
                intervals.figure([(model_name(run), score)]),
                width="stretch",
                key="single_interval",
                config={"displayModeBar": False},
            )
    single_confusion_matrix(predictions, names)
    single_class_figures(predictions, names)
