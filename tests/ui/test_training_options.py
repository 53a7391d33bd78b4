"""What stands behind Advanced on Head and Fine-tune, and the button that finds a rate."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import (
    Augmentation,
    AugmentationMode,
    FineTuneConfig,
    HeadConfig,
    RateTestConfig,
    TrainingConfig,
)
from core.datasets import Dataset, DatasetStore
from core.evaluation.rate_curve import FILE_NAME, RateCurve, rising_rates
from core.files import write_json
from core.jobs.state import write_status
from core.runs import Run, RunState, RunStatus, RunStore
from core.settings import Settings
from core.ui.forms.augmentation_form import mirrors_at_first
from core.ui.forms.training_form import nearest_rate
from core.ui.runs.results import stored_words
from tests.ui import runs
from tests.ui.app import open_page, words

HEAD, FINE_TUNE, RUNS = "pages/2_Head.py", "pages/3_Fine_tune.py", "pages/6_Runs.py"
CHOSEN = TrainingConfig(
    optimizer="adamw",
    epochs=30,
    batch_size=16,
    schedule="cosine",
    warmup_epochs=2.0,
    weight_decay=4e-3,  # comes with AdamW
    label_smoothing=0.1,
    class_weights=True,
    patience=5,
    mixed_precision=True,
    deterministic=True,
    features_type="float16",
)


def uneven(settings: Settings, dataset: Dataset) -> Dataset:
    """The same images, with all but one training image of the first class out of use."""
    manifest = dataset.manifest()
    first = manifest[(manifest["label"] == 0) & (manifest["split"] == "train")].index
    manifest.loc[first[1:], "usable"] = False
    names = dataset.class_names
    return DatasetStore(settings.datasets_dir).save(
        "uneven", "Uneven", manifest, names, dataset.root
    )


def trained(page: AppTest, store: RunStore) -> HeadConfig | FineTuneConfig:
    page.button(key="train").click().run()
    assert not page.exception
    config = store.list()[0].config
    assert isinstance(config, HeadConfig | FineTuneConfig)
    return config


def picture(page: AppTest) -> str:
    """What tells one preview from another: the address of its bytes."""
    return str(page.get("image")[0].proto)


def test_who_touches_nothing_gets_the_defaults(dataset: Dataset, store: RunStore) -> None:
    assert trained(open_page(HEAD), store).training == TrainingConfig()


def test_every_option_reaches_the_run(dataset: Dataset, store: RunStore) -> None:
    page = open_page(HEAD)
    page.selectbox(key="head_optimizer").select("adamw").run()
    page.selectbox(key="head_schedule").select("cosine")
    for key, value in (("warmup", 2.0), ("patience", 5), ("batch", 16)):
        page.select_slider(key=f"head_{key}").set_value(value)
    page.slider(key="head_smoothing").set_value(0.1)
    for key in ("class_weights", "half_features", "mixed", "deterministic"):
        page.toggle(key=f"head_{key}").set_value(True)

    assert trained(page.run(), store).training == CHOSEN


def test_variants_are_shown_with_their_cost(dataset: Dataset, store: RunStore) -> None:
    page = open_page(HEAD)
    assert not page.get("image")
    page.selectbox(key="head_augmentation").select("views").run()
    before = picture(page)
    # 18 training images, 4 variants of each
    assert "72 passes through the frozen layers instead of 18" in words(page)

    page.select_slider(key="head_strength").set_value("strong").run()
    assert picture(page) != before
    page.select_slider(key="head_strength").set_value("my own").run()
    page.slider(key="head_rotation").set_value(36)
    page.toggle(key="head_flip").set_value(False)

    chosen = trained(page.run(), store).training.augmentation
    assert chosen == Augmentation(mode="views", flip=False, rotation=0.1)


def test_digits_and_letters_are_not_mirrored_unless_somebody_chose_it() -> None:
    assert mirrors_at_first(Augmentation(), ("cat", "7"))
    assert not mirrors_at_first(Augmentation(), ("6", "7"))
    assert mirrors_at_first(Augmentation(mode="views"), ("6", "7"))


def test_another_image_is_varied_at_a_click(dataset: Dataset, settings: Settings) -> None:
    page = open_page(HEAD)
    page.selectbox(key="head_augmentation").select("live").run()
    before = picture(page)
    page.button(key="head_preview").click().run()

    assert picture(page) != before
    assert "540 passes instead of 18" in words(page)  # 30 epochs


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", "Every one of 30 images went through the frozen part once"),
        ("views", "Every one of 30 images and 3 variants of each training image went"),
        ("live", "training images through the whole network in every epoch"),
    ],
)
def test_what_was_stored_is_said_with_its_variants(mode: AugmentationMode, expected: str) -> None:
    features = {"bytes": 2_000_000, "images": 30, "reused": False, "seconds": 3.0}

    assert expected in stored_words(features, Augmentation(mode=mode, views=4))


def test_variants_are_not_said_to_have_been_there_with_the_images() -> None:
    features = {"bytes": 2_000_000, "images": 30, "reused": True, "seconds": None}

    assert "variants of each training image, those still missing were computed" in stored_words(
        features, Augmentation(mode="views", views=4)
    )


def test_uneven_classes_are_told_and_weights_offered(
    settings: Settings, dataset: Dataset, store: RunStore
) -> None:
    assert "times as many training images" not in words(open_page(HEAD))
    page = open_page(HEAD, dataset=uneven(settings, dataset).id)

    assert "6 times as many training images as class 0" in words(page)
    page.toggle(key="head_class_weights").set_value(True)
    assert trained(page.run(), store).training.class_weights


def test_fine_tuning_begins_with_the_heads_settings(dataset: Dataset, store: RunStore) -> None:
    varied = Augmentation(mode="views", views=3, zoom=0.25)
    training = replace(CHOSEN, augmentation=varied)
    head = runs.finished(store, replace(runs.head_config(dataset), training=training))
    page = open_page(FINE_TUNE)
    page.select_slider(key=f"ft_{head.id}_backbone_rate").set_value(0.1)

    got = trained(page.run(), store).training

    assert got.learning_rate == pytest.approx(1e-4)
    same = replace(got, learning_rate=training.learning_rate, epochs=30, backbone_rate=1.0)
    assert same == training
    assert got.backbone_rate == 0.1


def test_the_backbones_rate_is_asked_for_only_where_it_trains(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(FINE_TUNE)
    page.button_group(key=f"scope_{head.id}").set_value("none").run()

    assert f"ft_{head.id}_backbone_rate" not in [slider.key for slider in page.select_slider]


def measured(run: Run) -> float:
    """Ends a rate test with a loss that is lowest at a rate of 0.03; the rate it suggests."""
    rates = rising_rates()
    losses = 1 + np.abs(np.log10(rates) - np.log10(0.03))
    curve = RateCurve(rates.tolist(), losses.tolist(), 3)
    write_json(run.path / FILE_NAME, curve.to_dict())
    write_status(run.path, RunStatus(RunState.COMPLETED, "training", started=1.0, finished=2.0))
    return nearest_rate(curve.suggested)


def test_a_rate_is_found_and_used(dataset: Dataset, store: RunStore) -> None:
    page = open_page(HEAD)
    page.select_slider(key="head_batch").set_value(16).run()
    page.button(key="find_head_rate_light").click().run()

    (run,) = store.list(rate_tests=True)
    assert isinstance(run.config, RateTestConfig)
    assert run.config.training.batch_size == 16
    assert "Waiting in the queue" in page.get("progress")[0].proto.text
    assert "find_head_rate_light" not in [button.key for button in page.button]

    suggested = measured(run)
    page.run()
    assert "other settings" not in words(page)
    page.button(key="use_head_rate_light").click().run()
    assert trained(page, store).training.learning_rate == suggested


def test_a_test_of_other_settings_says_so_and_a_new_one_takes_its_place(
    dataset: Dataset, store: RunStore
) -> None:
    first = store.create(RateTestConfig(runs.head_config(dataset)))
    measured(first)
    page = open_page(HEAD)
    assert "Measured with other settings" in words(page)  # another image size

    page.button(key="find_head_rate_light").click().run()
    assert [run.id == first.id for run in store.list(rate_tests=True)] == [False]


def test_a_fine_tunings_rate_test_is_not_the_heads(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(FINE_TUNE)
    page.button(key=f"find_ft_rate_{head.id}").click().run()

    assert not page.exception
    (run,) = (r for r in store.list(rate_tests=True) if r.is_rate_test)
    assert isinstance(run.config, RateTestConfig)
    assert isinstance(run.config.meant, FineTuneConfig)
    assert "find_head_rate_light" in [button.key for button in open_page(HEAD).button]


def test_a_pass_that_a_rate_test_timed_is_what_the_account_counts_with(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    account = json.loads(head.account_path.read_text())
    account["features"] |= {"reused": True, "seconds": None}
    write_json(head.account_path, account)
    run = store.create(RateTestConfig(head.base))
    measured(run)
    assert {m.label: m.value for m in open_page(FINE_TUNE).metric}["This run takes"] == "–"

    timed = RunStatus(RunState.COMPLETED, results={"features": {"seconds": 60.0, "images": 30}})
    write_status(run.path, timed)
    assert {m.label: m.value for m in open_page(FINE_TUNE).metric}["This run takes"] != "–"


def test_the_list_of_runs_has_a_rate_test_only_while_it_takes_a_turn(
    dataset: Dataset, store: RunStore
) -> None:
    run = store.create(RateTestConfig(runs.head_config(dataset)), "Squares")
    assert "rate test" in words(open_page(RUNS))

    measured(run)
    page = open_page(RUNS)
    assert not page.exception
    assert "Nothing was trained yet" in words(page)
