"""The Head page: nothing there yet, defaults, running, finished, failed."""

import json

import pytest

from core.config import HeadConfig
from core.datasets import Dataset
from core.runs import RunStore
from core.settings import Settings
from tests.ui import runs
from tests.ui.app import open_page, words

PAGE = "pages/2_Head.py"


def test_without_data_the_next_step_is_a_link(settings: Settings) -> None:
    page = open_page(PAGE)

    assert not page.exception
    assert "there is none yet" in words(page)
    assert not page.button


def test_a_beginner_only_presses_the_button(dataset: Dataset, store: RunStore) -> None:
    page = open_page(PAGE)
    page.button(key="train").click().run()

    assert not page.exception
    (run,) = store.list()
    assert isinstance(run.config, HeadConfig)
    assert run.config.backbone == "efficientnet_lite0"
    assert run.config.image_size == 96  # the squares have 32 px: no detail to lose
    assert (run.config.head, run.config.training.epochs) == ("light", 30)
    assert run.config.dataset_version == dataset.version
    assert page.query_params["run"] in (run.id, [run.id])


def test_settings_reach_the_run(dataset: Dataset, store: RunStore) -> None:
    page = open_page(PAGE)
    page.selectbox(key="head_backbone").select("vgg16").run()
    page.radio(key="head_kind").set_value("classic").run()
    page.number_input(key="head_seed").set_value(7).run()
    page.button(key="train").click().run()

    config = store.list()[0].config
    assert isinstance(config, HeadConfig)
    assert (config.backbone, config.head, config.dropout) == ("vgg16", "classic", 0.5)
    assert (config.training.seed, config.training.learning_rate) == (7, pytest.approx(1e-4))


def test_a_running_run_shows_its_phase_time_and_stop(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    text = page.get("progress")[0].proto.text
    assert "48 s left" in text
    page.button(key=f"stop_{run.id}").click().run()
    assert run.stop_path.exists()


def test_a_finished_run_shows_figures_and_the_next_step(dataset: Dataset, store: RunStore) -> None:
    runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    assert {m.label: m.value for m in page.metric}["Validation accuracy"] == "75.0\u00a0%"
    assert "30 images went through the frozen part once" in words(page)
    chart = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert len(chart["data"]) == len(runs.BLOCKS) + 1


def test_a_failed_run_says_why_and_hides_the_traceback(dataset: Dataset, store: RunStore) -> None:
    runs.failed(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    (error,) = page.error
    assert "could not be downloaded" in error.value
    assert "weights" in error.value
    assert "secret details" not in words(page)


def test_the_url_names_the_run(dataset: Dataset, store: RunStore) -> None:
    first = runs.finished(store, runs.head_config(dataset))
    runs.failed(store, runs.head_config(dataset))
    page = open_page(PAGE, run=first.id)

    assert not page.error
    assert page.metric


def test_a_run_that_does_not_exist_is_no_crash(dataset: Dataset, store: RunStore) -> None:
    page = open_page(PAGE, run="../../etc")

    assert not page.exception
    assert "Nothing trained yet" in words(page)


def test_random_weights_only_when_asked_for(dataset: Dataset, store: RunStore) -> None:
    page = open_page(PAGE)
    page.toggle(key="head_random").set_value(True).run()
    page.button(key="train").click().run()

    config = store.list()[0].config
    assert isinstance(config, HeadConfig)
    assert config.weights == "random"


def test_every_backbone_of_the_catalogue_is_offered(dataset: Dataset, store: RunStore) -> None:
    options = open_page(PAGE).selectbox(key="head_backbone").options

    assert options[:2] == ["EfficientNet-Lite0", "VGG16"]
    assert {"ResNet50", "ConvNeXtTiny", "NASNetMobile"} <= set(options)
