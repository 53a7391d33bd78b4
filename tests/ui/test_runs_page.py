"""The Runs page: empty, every state, open, delete."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.config import TrainingConfig
from core.datasets import Dataset
from core.evaluation.openings import record_openings
from core.files import read_json, write_json
from core.jobs import waiting
from core.jobs.process import record_process
from core.jobs.reporter import Reporter
from core.runs import Run, RunState, RunStore, heatmaps, tensorboard
from core.settings import Settings
from core.training.feature_store import StoredFeatures
from core.ui.runs.disk_use import unused_features
from tests.alive import at_work
from tests.patience import PATIENCE_S
from tests.ui import runs
from tests.ui.app import open_page, words

PAGE = "pages/6_Runs.py"


def test_nothing_there_yet(settings: Settings) -> None:
    page = open_page(PAGE)

    assert not page.exception
    assert "Nothing was trained yet" in words(page)


def test_tensorboard_is_started_by_a_button_or_by_a_command(
    dataset: Dataset, store: RunStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.finished(store, runs.head_config(dataset))
    pressed: list[Settings] = []
    monkeypatch.setattr(tensorboard, "start", pressed.append)
    monkeypatch.setattr(tensorboard, "installed", lambda: True)
    page = open_page(PAGE)
    page.button(key="start_tensorboard").click().run()
    assert [each.runs_dir for each in pressed] == [settings.runs_dir]

    monkeypatch.setattr(tensorboard, "running", lambda _: True)
    page = open_page(PAGE)
    assert "takes some seconds" in words(page)
    monkeypatch.setattr(tensorboard, "address", lambda _: "http://127.0.0.1:6006")
    assert [link.proto.url for link in open_page(PAGE).get("link_button")] == [
        "http://127.0.0.1:6006"
    ]

    monkeypatch.setattr(tensorboard, "installed", lambda: False)
    page = open_page(PAGE)
    assert f"tensorboard --logdir {settings.runs_dir}" in [code.value for code in page.code]


def test_every_state_is_a_row_with_its_facts(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    runs.running(store, runs.fine_tune_config(head))
    runs.failed(store, runs.head_config(dataset))
    closed = words(open_page(PAGE))
    record_openings(dataset.path, dataset.version, [head.id])
    page = open_page(PAGE)

    assert not page.exception
    assert "50.0 %" not in closed
    assert "not opened" in closed
    text = words(page)
    assert "not opened" not in text
    for fact in (
        "completed",
        "running",
        "failed",
        "Squares",
        "from block 6",
        "75.0 %",
        "50.0 %",
        "8 s",
    ):
        assert fact in text


def test_delete_asks_and_names_what_depends_on_it(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    tuned = runs.finished(store, runs.fine_tune_config(head))
    page = open_page(PAGE)

    assert "1 fine-tuning run started from this head" in page.warning[0].value
    assert head.path.exists()
    page.button(key=f"delete_{head.id}").click().run()

    assert not head.path.exists()
    assert tuned.path.exists()


def test_a_running_run_is_not_deleted(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.button(key=f"delete_{run.id}").click().run()

    assert run.path.exists()
    assert "Stop it before deleting it" in words(page)


def test_runs_of_one_data_set_can_be_shown_alone(
    dataset: Dataset, store: RunStore, make_dataset: Callable[..., Dataset]
) -> None:
    other = make_dataset(name="Other")
    run = runs.finished(store, runs.head_config(dataset))
    hidden = runs.finished(store, runs.head_config(other), "Other")
    page = open_page(PAGE)
    page.selectbox(key="runs_dataset").select(dataset.id).run()

    keys = {button.key for button in page.button}
    assert f"open_{run.id}" in keys
    assert f"open_{hidden.id}" not in keys


def test_a_failed_run_says_why_and_sizes_are_told(dataset: Dataset, store: RunStore) -> None:
    run = runs.failed(store, runs.head_config(dataset))
    (run.path / "model.keras").write_bytes(b"0" * 2_300_000)
    page = open_page(PAGE)

    text = words(page)
    assert "failed: The ImageNet weights of VGG16 could not be downloaded." in text
    assert "1 run in this workspace, 2.3 MB on disk." in text


def keys(page: AppTest, run: Run) -> set[str]:
    found = {button.key.split("_")[0] for button in page.button if button.key.endswith(run.id)}
    return found - {"open", "delete", "take"}


def test_each_state_has_the_buttons_that_make_sense(dataset: Dataset, store: RunStore) -> None:
    config = runs.head_config(dataset)
    finished, failed = runs.finished(store, config), runs.failed(store, config)
    running, queued = runs.running(store, config), store.create(config)
    page = open_page(PAGE)

    assert not page.exception
    assert keys(page, finished) == {"clone"}
    assert keys(page, failed) == {"resume", "clone"}
    assert keys(page, running) == {"stop", "kill", "clone"}
    assert keys(page, queued) == {"up", "stop", "clone"}


def test_a_failed_run_is_queued_again(dataset: Dataset, store: RunStore) -> None:
    run = runs.failed(store, runs.head_config(dataset))
    page = open_page(PAGE)
    assert page.button(key=f"resume_menu_{run.id}").label == "Try again"
    page.button(key=f"resume_menu_{run.id}").click().run()

    assert store.get(run.id).status.state is RunState.QUEUED
    assert "queued, number 1" in words(page)


def test_a_run_with_a_checkpoint_goes_on_from_its_own_page(
    dataset: Dataset, store: RunStore
) -> None:
    run = runs.failed(store, runs.head_config(dataset))
    run.checkpoints_path.mkdir()
    page = open_page("pages/2_Head.py", run=run.id)
    assert page.button(key=f"resume_{run.id}").label == "Resume"
    page.button(key=f"resume_{run.id}").click().run()

    assert store.get(run.id).status.state is RunState.QUEUED
    assert not page.exception


def test_the_queue_is_shown_in_order_and_a_run_moves_up(dataset: Dataset, store: RunStore) -> None:
    first, second = (
        RunStore(store.runs_dir, "Ada").create(runs.head_config(dataset)) for _ in range(2)
    )
    page = open_page(PAGE)
    assert "queued, number 2" in words(page)
    assert "Ada" in words(page)
    page.button(key=f"up_menu_{second.id}").click().run()

    assert [run.id for run in store.queued()] == [second.id, first.id]


def test_a_queued_run_is_cancelled(dataset: Dataset, store: RunStore) -> None:
    run = store.create(runs.head_config(dataset))
    page = open_page(PAGE)
    page.button(key=f"stop_menu_{run.id}").click().run()

    assert store.get(run.id).status.state is RunState.STOPPED


def test_a_clone_has_the_same_settings(dataset: Dataset, store: RunStore) -> None:
    run = runs.finished(store, replace(runs.head_config(dataset), image_size=64))
    page = open_page(PAGE)
    page.button(key=f"clone_menu_{run.id}").click().run()

    (clone,) = store.queued()
    assert clone.config == run.config
    assert clone.dataset_name == run.dataset_name


def test_the_form_begins_with_the_settings_of_a_run_and_forgets_them(
    dataset: Dataset, store: RunStore
) -> None:
    training = TrainingConfig(epochs=7, learning_rate=5e-3, optimizer="sgd", seed=11)
    config = replace(runs.head_config(dataset), image_size=64, dropout=0.35, training=training)
    run = runs.finished(store, config)
    page = open_page(PAGE)
    page.button(key=f"take_{run.id}").click().run()
    page.switch_page("pages/2_Head.py").run()
    assert not page.exception
    page.button(key="train").click().run()
    (again,) = store.queued()
    assert again.config == replace(config, training=replace(training, weight_decay=0.0))

    page.button(key="leave_settings").click().run()
    assert page.number_input(key="head_seed").value == 0
    assert not [button for button in page.button if button.key == "leave_settings"]


def test_the_fine_tuning_form_begins_with_block_and_settings_of_a_run(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    runs.finished(store, runs.head_config(dataset))
    config = replace(
        runs.fine_tune_config(head),
        block="block5",
        scope="only",
        training=TrainingConfig(epochs=4, learning_rate=2e-5, schedule="cosine"),
    )
    run = runs.finished(store, config)
    page = open_page(PAGE)
    page.button(key=f"take_{run.id}").click().run()
    page.switch_page("pages/3_Fine_tune.py").run()
    assert not page.exception
    page.button(key="train").click().run()

    (again,) = store.queued()
    assert again.config == config


def test_settings_of_a_run_on_another_head_are_not_said_to_be_taken(
    dataset: Dataset, store: RunStore
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    other = runs.finished(store, runs.head_config(dataset))
    training = TrainingConfig(epochs=4, learning_rate=2e-5)
    run = runs.finished(store, replace(runs.fine_tune_config(head), training=training))
    page = open_page(PAGE)
    page.button(key=f"take_{run.id}").click().run()
    page.switch_page("pages/3_Fine_tune.py").run()
    assert "to change as you like" in words(page)

    (starting_head,) = (box for box in page.selectbox if box.key.startswith("head_run_"))
    starting_head.select(other.id).run()
    assert not page.exception
    assert "to change as you like" not in words(page)
    assert "from another head" in words(page)
    assert page.slider(key="ft_epochs").value != 4


def test_a_run_that_does_not_answer_is_ended_by_force(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    with subprocess.Popen(["sleep", "600"]) as process:
        record_process(run.process_path, process.pid)
        page = open_page(PAGE)
        page.button(key=f"kill_menu_{run.id}").click().run()

        assert process.wait(PATIENCE_S) != 0


def test_what_the_app_has_started_is_shown_and_ended(
    dataset: Dataset, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.queue.started.PATIENCE_SECONDS", 0.0)
    run = runs.running(store, runs.head_config(dataset))
    queued = store.create(runs.head_config(dataset))
    with subprocess.Popen(["sleep", "600"]) as process:
        record_process(run.process_path, process.pid)
        page = open_page(PAGE)
        assert "training: head, Squares" in page.dataframe[0].value["process"].tolist()
        assert "1 run that goes on will stop and 1 run will leave the queue" in words(page)
        # It does not answer, so it is ended by force.
        page.button(key="end_all").click().run()

        assert process.wait(PATIENCE_S) != 0
    assert not page.exception
    assert store.get(queued.id).status.state is RunState.STOPPED


def test_features_that_no_run_used_can_be_deleted(
    dataset: Dataset, store: RunStore, settings: Settings
) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    account = read_json(run.account_path)
    account["features"]["keys"] = ["used"]
    write_json(run.account_path, account)
    for name in ("used", "unused"):
        folder = settings.features_dir / name
        folder.mkdir(parents=True)
        (folder / "features.npy").write_bytes(b"0" * 1_500_000)
        write_json(folder / "progress.json", {"rows": 3})
    page = open_page(PAGE)
    page.toggle(key="disk_use").set_value(True).run()
    assert page.button(key="delete_features").label == "Delete 1 unused, 1.5 MB"
    page.button(key="delete_features").click().run()

    assert not page.exception
    assert [path.name for path in settings.features_dir.iterdir()] == ["used"]
    assert page.button(key="delete_features").disabled


def test_features_are_spared_while_a_run_may_use_them(
    dataset: Dataset, store: RunStore, settings: Settings
) -> None:
    run = runs.running(store, runs.head_config(dataset))
    old = StoredFeatures(settings.features_dir / "old", 5, (run.status.started or 0) - 1)
    new = StoredFeatures(settings.features_dir / "new", 5, time.time())

    assert unused_features([old, new], store.list()) == [old]


def test_an_own_backbone_is_called_by_its_title(dataset: Dataset, store: RunStore) -> None:
    own = replace(runs.head_config(dataset), backbone="own:mine.keras")
    runs.finished(store, own)
    runs.finished(store, replace(own, backbone="vanished"))

    text = words(open_page(PAGE))
    assert "mine, 32 px" in text
    assert "own:" not in text
    assert "vanished, 32 px" in text


def test_jobs_on_finished_runs_are_listed_and_stopped(
    dataset: Dataset, store: RunStore, settings: Settings
) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    folder = heatmaps.folder(run)
    at_work(folder, heatmaps.KIND, "Where Head only looked", 12)
    waiting.add(settings.queue_dir, folder)
    page = open_page(PAGE)
    assert "heat maps: Head only, Squares" in words(page)
    assert "Where Head only looked: 0 of 12" in words(page)

    page.button(key=f"stop_{run.id}_heatmaps").click().run()
    assert not page.exception
    assert (folder / "stop.request").exists()
    Reporter(folder).finish(RunState.STOPPED, {})
    assert "heat maps" not in words(page.run())
