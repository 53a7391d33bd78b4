"""The worker as a real child process, on a tiny data set and the bundled backbone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.config import FineTuneConfig, RunConfig
from core.evaluation.classifier import load_classifier
from core.runs import Run, RunState, RunStore, litert
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import Settings
from tests.patience import PATIENCE_S, wait_until
from tests.squares import squares
from tests.warm_child import WarmChild
from tests.workshop import FAST, Workshop


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    settings = Settings(workspace=tmp_path_factory.mktemp("workspace"))
    return Workshop(settings, squares(settings), RunStore(settings.runs_dir))


@pytest.fixture(scope="module")
def head_run(workshop: Workshop) -> Run:
    return workshop.train(workshop.head_config())


@pytest.fixture(scope="module")
def fine_tuned(workshop: Workshop, head_run: Run) -> Run:
    training = replace(FAST, learning_rate=1e-3, epochs=2)
    return workshop.train(FineTuneConfig(head_run.id, head_run.base, "block6", training=training))


def test_a_head_run_leaves_everything_that_pages_need(head_run: Run) -> None:
    assert head_run.status.state is RunState.COMPLETED
    assert head_run.has_model
    assert not head_run.litert_path.exists()
    events = (head_run.path / "tensorboard").glob("events.out.tfevents.*")
    assert b"val right/1: " in b"".join(path.read_bytes() for path in events)
    assert head_run.status.results["val_accuracy"] > 0.8
    assert len(epoch_table(read_metrics(head_run.metrics_path))) == 4
    account = json.loads(head_run.account_path.read_text())
    assert account["trainable"] == 1280 * 3 + 3
    assert account["proof"]["frozen_unchanged"] == account["proof"]["frozen_tensors"] > 200
    assert account["proof"]["unfrozen_changed"] == account["proof"]["unfrozen_tensors"] == 2


def test_fine_tuning_moves_what_is_unfrozen_and_nothing_else(fine_tuned: Run) -> None:
    account = json.loads(fine_tuned.account_path.read_text())
    proof = account["proof"]

    assert fine_tuned.status.state is RunState.COMPLETED
    assert account["unfrozen"] == ["block6", "block7", "top"]
    assert proof["frozen_unchanged"] == proof["frozen_tensors"] > 200
    assert proof["unfrozen_changed"] == proof["unfrozen_tensors"] > 10
    assert {row["block"] for row in proof["movement"]} == {"block6", "block7", "top", "head"}


def test_both_stages_share_one_pass_over_the_images(head_run: Run, fine_tuned: Run) -> None:
    first = json.loads(head_run.account_path.read_text())["features"]
    second = json.loads(fine_tuned.account_path.read_text())["features"]

    assert not first["reused"]
    assert second["reused"]


def test_predictions_are_those_of_the_saved_model(
    fine_tuned: Run, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.decoded import decode

    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(workshop.settings.workspace))
    table = pd.read_parquet(fine_tuned.predictions_path)
    images = np.stack([decode(workshop.dataset.root / path, 32) for path in table["path"]])

    litert.wait_for(fine_tuned.path)
    got = load_classifier(fine_tuned).classify(images)

    np.testing.assert_allclose(got, np.stack(list(table["probabilities"])), atol=1e-4)
    assert set(table["split"]) == {"val", "test"}
    assert (table["predicted"] == got.argmax(axis=1)).all()


def test_two_classes_have_two_probabilities_from_half_precision_too(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    shop = Workshop(settings, squares(settings, classes=2), RunStore(settings.runs_dir))
    training = replace(FAST, features_type="float16")

    run = shop.train(replace(shop.head_config(), head="classic", hidden_units=8, training=training))

    assert json.loads(run.account_path.read_text())["features"]["type"] == "float16"
    table = pd.read_parquet(run.predictions_path)
    probabilities = np.stack(list(table["probabilities"]))
    assert probabilities.shape[1] == 2
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert run.status.results["val_accuracy"] > 0.8


def wait_for(run: Run, store: RunStore, phase: str) -> None:
    def reached() -> bool:
        return store.get(run.id).status.phase == phase and epoch_rows(run) > 0

    assert wait_until(reached), store.get(run.id).status


def epoch_rows(run: Run) -> int:
    return len(epoch_table(read_metrics(run.metrics_path)))


@pytest.fixture
def long_run(workshop: Workshop) -> Iterator[tuple[Run, WarmChild]]:
    config = replace(workshop.head_config(), training=replace(FAST, epochs=5000))
    run, process = workshop.start(config)
    yield run, process
    process.kill()
    process.wait()


def test_stop_keeps_the_best_epochs_model(
    workshop: Workshop, long_run: tuple[Run, WarmChild]
) -> None:
    run, process = long_run
    wait_for(run, workshop.store, "training")
    workshop.store.request_stop(run.id)
    process.wait(PATIENCE_S)

    stopped = workshop.store.get(run.id)
    assert stopped.status.state is RunState.STOPPED
    assert stopped.has_model
    assert 0 < stopped.status.results["epochs_done"] < 5000


def test_a_second_process_leaves_a_run_that_is_being_trained_alone(
    workshop: Workshop, long_run: tuple[Run, WarmChild]
) -> None:
    run, process = long_run
    wait_for(run, workshop.store, "training")
    second = workshop.start_again(run)

    assert second.wait(PATIENCE_S) == 0
    assert process.poll() is None
    assert workshop.store.get(run.id).status.state is RunState.RUNNING


def failed(workshop: Workshop, config: RunConfig) -> dict[str, str]:
    run = workshop.train(config)
    assert run.status.state is RunState.FAILED
    assert not run.has_model
    assert run.status.error is not None
    return run.status.error


def test_weights_that_cannot_be_had_say_the_way_out(workshop: Workshop) -> None:
    """Runs without internet; with it, VGG16 is downloaded and there is nothing to fail."""
    import socket

    try:
        socket.create_connection(("storage.googleapis.com", 443), timeout=3).close()
    except OSError:
        pass
    else:
        pytest.skip("the internet is reachable")

    error = failed(workshop, replace(workshop.head_config(), backbone="vgg16"))

    assert error["what"] == "The ImageNet weights of VGG16 could not be downloaded."
    assert str(workshop.settings.weights_dir) in error["way_out"]


def test_a_fine_tuning_without_a_head_is_refused(workshop: Workshop) -> None:
    head = workshop.store.create(workshop.head_config())

    error = failed(workshop, FineTuneConfig(head.id, workshop.head_config(), "block6"))

    assert "no trained head" in error["what"]


def test_a_file_that_was_exchanged_stops_its_run_alone_by_name(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    shop = Workshop(settings, squares(settings), RunStore(settings.runs_dir))
    # In RGB it takes 400 MB.
    Image.new("1", (12_000, 12_000)).save(shop.dataset.root / "1-03.png")

    error = failed(shop, shop.head_config())

    assert error["what"] == "1-03.png has changed since the data set was scanned."
    assert error["way_out"].startswith("Put the file back")
    assert [run.can_resume for run in shop.store.list()] == [True]


def test_a_data_set_that_is_gone_is_named(workshop: Workshop) -> None:
    error = failed(workshop, replace(workshop.head_config(), dataset_id="vanished"))

    assert "vanished" in error["what"]


def test_steps_that_are_too_large_are_told(workshop: Workshop) -> None:
    training = replace(FAST, optimizer="sgd", learning_rate=1e38)

    error = failed(workshop, replace(workshop.head_config(), training=training))

    assert "lower learning rate" in error["way_out"]


def test_a_share_of_the_images_learns_from_what_is_stored_for_all(
    head_run: Run, workshop: Workshop
) -> None:
    run = workshop.train(replace(head_run.base, train_share=0.5))

    whole, half = (
        next(row["batches"] for row in read_metrics(r.metrics_path) if row["event"] == "batch")
        for r in (head_run, run)
    )
    assert run.status.state is RunState.COMPLETED
    assert half < whole
    assert json.loads(run.account_path.read_text())["features"]["reused"]
    # the validation and test images are those of the whole
    paths = [set(pd.read_parquet(r.predictions_path)["path"]) for r in (head_run, run)]
    assert paths[0] == paths[1]
