"""The callbacks, driven by hand."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.jobs.reporter import Reporter, StopRequested
from core.runs.metrics_log import MetricsWriter, epoch_table, read_metrics, running_batch
from core.training.callbacks import BestEpoch, MetricsLogger, Position


class DummyModel:
    """Stands in for a model with one weight."""

    def __init__(self) -> None:
        self.value = 0.0
        self.optimizer = self
        self.learning_rate = np.float32(0.01)
        self.metrics_variables: list[object] = []

    def get_weights(self) -> list[float]:
        return [self.value]

    def set_weights(self, weights: list[float]) -> None:
        self.value = weights[0]


def end_epochs(best: BestEpoch, model: DummyModel, rows: list[tuple[float, float]]) -> None:
    best.set_model(model)
    for epoch, (accuracy, loss) in enumerate(rows):
        model.value = float(epoch + 1)
        best.on_epoch_end(epoch, {"val_accuracy": accuracy, "val_loss": loss})


def test_the_best_epoch_has_the_highest_accuracy() -> None:
    best, model = BestEpoch(), DummyModel()
    end_epochs(best, model, [(0.5, 1.0), (0.9, 0.9), (0.8, 0.1)])
    best.restore()

    assert (best.epoch, best.epochs_done, model.value) == (2, 3, 2.0)


def test_equal_accuracies_are_told_apart_by_loss_and_then_the_earlier_wins() -> None:
    best, model = BestEpoch(), DummyModel()
    end_epochs(best, model, [(0.9, 0.5), (0.9, 0.3), (0.9, 0.3)])

    assert best.epoch == 2


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_an_epoch_whose_loss_is_no_number_is_never_the_best_of_several(broken: float) -> None:
    best, model = BestEpoch(), DummyModel()
    end_epochs(best, model, [(0.9, broken), (0.5, 1.0), (0.9, broken), (0.4, 0.5)])
    best.restore()

    assert (best.epoch, best.values["val_loss"], model.value) == (2, 1.0, 2.0)


def test_nothing_is_restored_before_the_first_epoch_ends() -> None:
    best, model = BestEpoch(), DummyModel()
    best.set_model(model)
    model.value = 5.0
    best.restore()

    assert model.value == 5.0


class DummyBatches:
    """Stands in for the training batches."""

    def begin(self, epoch: int, first: int) -> None:
        """Nowhere to go."""


def make_callbacks(run_dir: Path) -> keras.callbacks.CallbackList:
    writer = MetricsWriter(run_dir / "metrics.jsonl")
    position = Position(DummyBatches())
    logger = MetricsLogger(writer, Reporter(run_dir), position, epochs=2, batches=3, images=24)
    return keras.callbacks.CallbackList([position, logger], model=DummyModel())


def test_every_batch_and_epoch_is_on_disk_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.callbacks.BATCH_ROWS_SECONDS", -1.0)
    monkeypatch.setattr("core.training.callbacks.BATCH_ROWS_SHARE", -1.0)
    logger = make_callbacks(tmp_path)
    logger.on_epoch_begin(0)
    logger.on_train_batch_end(0, {"loss": 2.0, "accuracy": 0.5})
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert running_batch(rows) == {
        "event": "batch",
        "epoch": 1,
        "batch": 1,
        "batches": 3,
        "loss": 2.0,
        "accuracy": 0.5,
    }

    logger.on_epoch_end(0, {"loss": 1, "accuracy": 0.6, "val_loss": 1.1, "val_accuracy": 0.7})
    rows = read_metrics(tmp_path / "metrics.jsonl")
    table = epoch_table(rows)

    assert running_batch(rows) is None
    assert table.loc[0, "val_accuracy"] == 0.7
    assert table.loc[0, "learning_rate"] == pytest.approx(0.01)


def test_batch_rows_are_few(tmp_path: Path) -> None:
    logger = make_callbacks(tmp_path)
    logger.on_epoch_begin(0)
    for batch in range(3):
        logger.on_train_batch_end(batch, {"loss": 2.0, "accuracy": 0.5})

    assert len(read_metrics(tmp_path / "metrics.jsonl")) == 1


def test_a_stop_request_ends_training_at_the_next_batch(tmp_path: Path) -> None:
    logger = make_callbacks(tmp_path)
    logger.on_epoch_begin(0)
    logger.on_train_batch_end(0, {"loss": 2.0, "accuracy": 0.5})
    (tmp_path / "stop.request").touch()

    with pytest.raises(StopRequested):
        logger.on_train_batch_end(1, {"loss": 2.0, "accuracy": 0.5})


def test_a_half_written_last_line_is_left_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"event": "epoch", "epoch": 1}\n{"event": "epo', encoding="utf-8")

    assert [row["epoch"] for row in read_metrics(path)] == [1]


def test_no_file_means_no_rows(tmp_path: Path) -> None:
    assert read_metrics(tmp_path / "metrics.jsonl") == []
