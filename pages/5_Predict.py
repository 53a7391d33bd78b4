import streamlit as st

from core.errors import UnfreezeError
from core.evaluation.rejection import read_rejection
from core.language import mark, tr
from core.runs import Run
from core.ui import page, session
from core.ui.cards import error_card
from core.ui.evaluate.take_away import take_away
from core.ui.predict.input import answers_to, uploaded_files
from core.ui.predict.many import many_images
from core.ui.predict.model import choose_model, classifier_of
from core.ui.predict.prepare import prepared
from core.ui.predict.results import results

page.setup(mark("Predict"), "predict")


def predict(run: Run) -> None:
    """Images in, answers out."""
    if prepared(run):
        ask(run)
        many_images(run)
    st.subheader(tr("Take it away"), anchor=False)
    take_away(run)


def ask(run: Run) -> None:
    """Uploaded images and their answers."""
    classifier = classifier_of(run)
    rejection = read_rejection(run)
    answers = answers_to(uploaded_files(), classifier, run, session.settings())
    threshold = rejection.threshold if rejection is not None else 0.0
    results(answers, classifier.class_names, threshold, f"{run.base.dataset_id}-answers")


chosen = choose_model()
if chosen is not None:
    try:
        predict(chosen)
    except UnfreezeError as error:
        error_card(error)
