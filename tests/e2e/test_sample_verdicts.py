"""Both samples with the defaults that a beginner gets, and a sabotaged run, all through pages and
worker to the verdict."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.bundled import load_bundled
from core.runs import Run, RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.ui.app import open_page, words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def press_train(
    page: str, settings: Settings, change: Callable[[AppTest], AppTest] = lambda app: app
) -> Run:
    """Presses the page's one button, after other changes, then does what the queue would do."""
    app = change(open_page(page))
    app.button(key="train").click().run()
    assert not app.exception
    store = RunStore(settings.runs_dir)
    run = store.list()[0]
    worker = [sys.executable, "-m", "core.training.worker", str(run.path)]
    subprocess.run(worker, cwd=APP_ROOT, env=os.environ, check=True, capture_output=True)
    trained = store.get(run.id)
    assert trained.status.state is RunState.COMPLETED, trained.status
    return trained


def journey(sample: str, settings: Settings) -> tuple[Run, Run, AppTest]:
    load_bundled(sample, settings)
    head = press_train("pages/2_Head.py", settings)
    tuned = press_train("pages/3_Fine_tune.py", settings)
    return head, tuned, open_page("pages/4_Evaluate.py")


def processor_seconds() -> float:
    """What this process and its ended children have computed: a busy machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def test_digits_fine_tuning_helps_within_three_minutes(settings: Settings) -> None:
    began = processor_seconds()
    head, _, page = journey("digits", settings)
    seconds = processor_seconds() - began

    assert head.status.results["test_accuracy"] >= 0.90
    assert "Fine-tuning helped" in words(page)
    # The product's promise for two cores, with room: it takes about one minute of both.
    assert seconds < 2 * 180


def test_clip_art_cannot_be_told_and_the_page_says_why(settings: Settings) -> None:
    _, _, page = journey("clipart", settings)

    text = words(page)
    assert "Cannot tell" in text
    assert "178" in text
    # Why nothing can be told, and what would tell.
    assert "The exact test" in text or "images changed sides" in text
    assert "instead of 178, would show it" in text or "no number of images would" in text


def test_too_high_a_rate_on_all_layers_is_warned_of_and_hurts(settings: Settings) -> None:
    load_bundled("digits", settings)

    def quickly(page: AppTest) -> AppTest:
        sizes = next(slider for slider in page.select_slider if slider.label == "Image size")
        sizes.set_value(64)
        return page.slider(key="head_epochs_light").set_value(6).run()

    head = press_train("pages/2_Head.py", settings, quickly)

    def sabotage(page: AppTest) -> AppTest:
        assert "Large steps can wipe out" not in words(page)
        page.segmented_control(key=f"scope_{head.id}").set_value("all")
        page.select_slider(key=f"ft_rate_{head.id}").set_value(1e-2)
        page.slider(key="ft_epochs").set_value(1).run()
        assert "Large steps can wipe out what the backbone has learned" in words(page)
        return page

    tuned = press_train("pages/3_Fine_tune.py", settings, sabotage)

    assert (tuned.config.scope, tuned.config.training.learning_rate) == ("all", 1e-2)
    page = open_page("pages/4_Evaluate.py")
    assert "Fine-tuning hurt" in words(page)
    assert "Keep the head-only model" in [link.proto.label for link in page.get("page_link")]
