"""The metrics log as the live view reads it."""

from pathlib import Path

from core.runs.metrics_log import MetricsWriter, epoch_table, read_metrics, running_batch


def write(path: Path, epochs: int, then_batches: int) -> None:
    writer = MetricsWriter(path)
    for epoch in range(1, epochs + 1):
        for batch in range(1, 4):
            writer.write(event="batch", epoch=epoch, batch=batch, batches=3, loss=0.5, accuracy=0.5)
        writer.write(event="epoch", epoch=epoch, loss=0.4, val_accuracy=epoch / 10)
    for batch in range(1, then_batches + 1):
        writer.write(event="batch", epoch=epochs + 1, batch=batch, batches=3, loss=1, accuracy=0)
    writer.close()


def test_the_running_batch_is_the_last_of_an_epoch_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=4, then_batches=2)
    batch = running_batch(read_metrics(path))

    assert batch is not None
    assert (batch["epoch"], batch["batch"]) == (5, 2)


def test_after_an_epochs_end_no_batch_is_running(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=2, then_batches=0)

    assert running_batch(read_metrics(path)) is None


def test_an_epoch_that_was_repeated_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=2, then_batches=0)
    writer = MetricsWriter(path)
    writer.write(event="epoch", epoch=2, loss=0.1, val_accuracy=0.9)
    writer.close()
    table = epoch_table(read_metrics(path))

    assert list(table["epoch"]) == [1, 2]
    assert list(table["val_accuracy"]) == [0.1, 0.9]
