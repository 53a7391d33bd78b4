"""The Fine-tune page: refused without a head, the account, running, finished, failed."""

import pytest

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.runs import RunStore
from core.settings import Settings
from core.ui.runs.block_map import clicked_block
from tests.ui import runs
from tests.ui.app import open_page, words

PAGE = "pages/3_Fine_tune.py"


def test_without_data_the_next_step_is_a_link(settings: Settings) -> None:
    page = open_page(PAGE)

    assert not page.exception
    assert "needs a data set" in words(page)


def test_without_a_trained_head_it_says_so(dataset: Dataset, store: RunStore) -> None:
    runs.running(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    assert "Train a head first" in words(page)
    assert "train" not in [button.key for button in page.button]


def test_the_account_is_shown_before_the_run(dataset: Dataset, store: RunStore) -> None:
    runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    shown = {m.label: m.value for m in page.metric}
    # block 6 without its BatchNorm, and the head
    assert shown["Trainable"] == f"{90_000 - 128 + 99:,}"
    assert shown["Frozen"] == f"{1000 + 40_000 + 128:,}"


def test_another_block_changes_account_and_button(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.selectbox(key=f"block_{head.id}").select("block5").run()

    assert {m.label: m.value for m in page.metric}["Trainable"] == f"{40_000 + 89_872 + 99:,}"
    assert page.button(key="train").label == "Fine-tune from block 5"


def test_the_button_starts_a_run_with_a_tenth_of_the_rate(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.button(key="train").click().run()

    assert not page.exception
    config = next(run.config for run in store.list() if not run.is_head)
    assert isinstance(config, FineTuneConfig)
    assert (config.head_run_id, config.block, config.scope) == (head.id, "block6", "from")
    assert config.training.learning_rate == pytest.approx(1e-4)
    assert config.freeze_batchnorm


def test_a_rate_above_a_tenth_of_the_heads_is_warned_about(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)
    assert not page.warning
    slider = page.select_slider(key=f"ft_rate_{head.id}")
    slider.set_value(1e-2).run()

    assert "more than a tenth" in page.warning[0].value


def test_running_finished_and_failed_runs_are_shown(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    config = runs.fine_tune_config(head)
    finished = runs.finished(store, config)
    page = open_page(PAGE)
    assert not page.exception
    assert "bit for bit" in words(page)

    for make, expected in ((runs.running, "48 s left"), (runs.failed, "could not be downloaded")):
        run = make(store, config)
        page = open_page(PAGE, run=run.id)
        assert not page.exception
        progress = [bar.proto.text for bar in page.get("progress")]
        assert expected in "\n".join([words(page), *progress])
    assert finished.id != run.id


def test_one_block_alone_keeps_the_later_ones_frozen(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.button_group(key=f"scope_{head.id}").set_value("only").run()
    page.selectbox(key=f"block_{head.id}").select("block5").run()

    assert {m.label: m.value for m in page.metric}["Trainable"] == f"{40_000 + 99:,}"
    page.button(key="train").click().run()
    config = next(run.config for run in store.list() if not run.is_head)
    assert isinstance(config, FineTuneConfig)
    assert (config.scope, config.block) == ("only", "block5")


def test_unfrozen_batchnorm_is_counted(dataset: Dataset, store: RunStore) -> None:
    runs.finished(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.toggle(key="ft_batchnorm").set_value(False).run()

    assert {m.label: m.value for m in page.metric}["Trainable"] == f"{90_000 - 64 + 99:,}"


def test_a_worse_model_offers_to_keep_the_head(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    worse = {**runs.RESULTS, "val_accuracy": 0.6}
    runs.finished(store, runs.fine_tune_config(head), results=worse)
    page = open_page(PAGE)

    assert not page.exception
    assert "Validation fell from 75.0 % to 60.0 %" in words(page)


def test_a_head_that_still_learns_is_warned_about(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    assert "still learning" not in words(open_page(PAGE))
    runs.write_epochs(head, 20, rise=0.02)

    assert "still learning" in words(open_page(PAGE))


@pytest.mark.parametrize(
    ("state", "block"),
    [
        (None, None),
        ({"clicked": ["block5"]}, "block5"),
        ({"clicked": "block5"}, "block5"),
        ({"clicked": None}, None),
    ],
)
def test_a_click_on_the_map_names_a_block(state: dict, block: str | None) -> None:
    assert clicked_block(state) == block
