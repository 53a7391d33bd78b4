"""The Evaluate page's seed noise: the same training again with other seeds."""

from __future__ import annotations

import streamlit as st

from core.charts import seed_noise as chart
from core.evaluation.comparison import Comparison, dataset_of, model_name
from core.evaluation.seed_noise import (
    SEEDS,
    SeedNoise,
    gain_in_words,
    seed_noise,
    spread_in_words,
)
from core.language import mark, tr, trn
from core.runs import Run
from core.runs.groups import Group, group_about
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.evaluate.openings import opened
from core.ui.runs.groups import group_progress, resume_group_button
from core.ui.text import plain

_METHOD = mark(
    "Each seed trains a new head (first weights, dropout and the order of the images) and "
    "fine-tunes that very head. The interval is Student's, for the mean gain over all seeds. It is "
    "about training luck on these test images; the verdict above is about the luck of having these "
    "test images. A gain is safe where both say so. The run above does not count: it may have been "
    "chosen because it came out well."
)


def seeds_group(run: Run) -> Group | None:
    """The newest group of seeds for a run, or None."""
    return group_about(session.run_store().list(), "seeds", run.id)


def seeds_sentence(group: Group | None) -> str:
    """Conclusion of the seeds; "" until there is one."""
    return gain_in_words(seed_noise(group)) if group is not None else ""


def seeds_of_comparison(comparison: Comparison, group: Group | None) -> None:
    """Seed noise of a head and what was fine-tuned from it; nothing for other pairs of runs."""
    if comparison.is_step:
        verdict = comparison.verdict
        accuracies = verdict.before.estimate, verdict.after.estimate
        _card(comparison.after, comparison.before, group, accuracies)


def seeds_of_head(run: Run) -> None:
    """Seed noise of a head alone."""
    if run.is_head:
        accuracy = run.status.results.get("test_accuracy")
        nothing = float("nan")
        _card(run, None, seeds_group(run), (nothing if accuracy is None else accuracy, nothing))


def _card(run: Run, head: Run | None, group: Group | None, accuracies: tuple[float, float]) -> None:
    with st.container(border=True, key="seeds"):
        if group is None:
            _offer(run, head)
            return
        noise = seed_noise(group)
        if group.active:
            group_progress(group, "seeds")
        if len(noise.table):
            opened(dataset_of(run, session.dataset_store()), group.runs)
            _results(noise, model_name(run), accuracies)
        resume_group_button(group, "seeds")


def _offer(run: Run, head: Run | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        question = tr("**Would it come out the same with another seed?**")
        st.markdown(question, width="content")
        pressed = act_button(
            trn("Train again with {count} seed", "Train again with {count} seeds", SEEDS),
            icon=":material/casino:",
            key="train_seeds",
            to=Action.START_RUN,
            help=trn(
                "Queues {count} run, from stored features.",
                "Queues {count} runs, from stored features.",
                SEEDS if head is None else 2 * SEEDS,
            ),
        )
    if pressed:
        act(lambda: session.team().runs.queue_seeds(run, head), queues=True)


def _results(noise: SeedNoise, name: str, accuracies: tuple[float, float]) -> None:
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.markdown(tr("**With other seeds**"), help=tr(_METHOD))
        this_gain = accuracies[1] - accuracies[0] if noise.paired else None
        st.markdown(spread_in_words(noise, this_gain) or tr("The first seeds are being trained."))
    with picture:
        names = (tr("Head only"), plain(name))
        st.plotly_chart(
            chart.figure(noise.table, names, accuracies),
            width="stretch",
            key="seed_noise",
            config={"displayModeBar": False},
        )
