import streamlit as st

from core.errors import UnfreezeError
from core.evaluation.comparison import compare, dataset_of
from core.evaluation.recommendation import usable_model
from core.language import mark, tr
from core.ui import page, session
from core.ui.cards import error_card
from core.ui.evaluate.amount import more_images
from core.ui.evaluate.choice import Choice, choose
from core.ui.evaluate.classes import class_figures
from core.ui.evaluate.confusion import confusion_matrices
from core.ui.evaluate.export import downloads
from core.ui.evaluate.flips import flips
from core.ui.evaluate.head import single_run
from core.ui.evaluate.help import how_it_works
from core.ui.evaluate.next import next_steps
from core.ui.evaluate.openings import opened, openings
from core.ui.evaluate.proof import proof
from core.ui.evaluate.rejection import none_of_these
from core.ui.evaluate.scores import class_curve_charts, probability_scores
from core.ui.evaluate.seeds import (
    seeds_group,
    seeds_of_comparison,
    seeds_of_head,
    seeds_sentence,
)
from core.ui.evaluate.verdict import verdict_card
from core.ui.predict.prepare import prepare_early
from core.ui.tips import show_tips

page.setup(mark("Evaluate"), "evaluate")
runs, datasets = session.run_store(), session.dataset_store()


def evaluate(choice: Choice) -> None:
    """Everything about one run, compared with another where there is one."""
    if choice.before is None:
        opened(dataset_of(choice.after, datasets), [choice.after])
        single_run(choice.after, datasets)
        show_tips("test_images")
        seeds_of_head(choice.after)
        more_images(choice.after, dataset_of(choice.after, datasets))
        proof(choice.after)
        prepare_early(choice.after)
        return
    comparison = compare(choice.before, choice.after, datasets)
    looks = openings(comparison)
    seeds = seeds_group(choice.after) if comparison.is_step else None
    lasting = seeds_sentence(seeds)
    verdict_card(comparison, looks, lasting)
    show_tips("verdict", "test_images")
    how_it_works()
    seeds_of_comparison(comparison, seeds)
    proof(choice.after)
    flips(comparison)
    confusion_matrices(comparison)
    class_figures(comparison)
    if comparison.is_step:
        more_images(comparison.before, comparison.dataset)
    # Both take a while on many images, so they are worked out only while they are open.
    scores = st.expander(
        tr("How good are the probabilities?"),
        icon=":material/percent:",
        key="scores",
        on_change="rerun",
    )
    if scores.open:
        with scores:
            probability_scores(comparison)
            class_curve_charts(comparison)
    rejection = st.expander(
        tr("When should it say none of these?"),
        icon=":material/block:",
        key="reject",
        on_change="rerun",
    )
    if rejection.open:
        with rejection:
            none_of_these(comparison)
    downloads(comparison, lasting, looks)
    next_steps(comparison)
    prepare_early(usable_model(comparison))


chosen = choose(runs, session.current_dataset_id() or "")
if chosen is not None:
    try:
        evaluate(chosen)
    except UnfreezeError as error:
        error_card(error)
