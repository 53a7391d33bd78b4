"""The metrics log as the live view reads it."""

from pathlib import Path

from core.runs.metrics_log import (
    MetricsWriter,
    epoch_table,
    read_curve,
    read_metrics,
    running_batch,
)


def write(path: Path, epochs: int, then_batches: int) -> None:
    writer = MetricsWriter(path)
    for epoch in range(1, epochs + 1):
        for batch in range(1, 4):
            writer.write(event="batch", epoch=epoch, batch=batch, batches=3, loss=0.5, accuracy=0.5)
        writer.write(event="epoch", epoch=epoch, loss=0.4, val_accuracy=epoch / 10)
    for batch in range(1, then_batches + 1):
        writer.write(event="batch", epoch=epochs + 1, batch=batch, batches=3, loss=1, accuracy=0)
    writer.close()


def test_a_curve_needs_the_epochs_and_the_last_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=4, then_batches=2)
    curve, rows = read_curve(path), read_metrics(path)

    assert len(curve) == 5
    assert len(rows) == 18
    assert epoch_table(curve).equals(epoch_table(rows))
    assert running_batch(curve) == running_batch(rows) == rows[-1]


def test_a_curve_that_ends_with_an_epoch_has_no_running_batch(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=2, then_batches=0)

    assert [row["epoch"] for row in read_curve(path)] == [1, 2]
    assert running_batch(read_curve(path)) is None


def test_a_half_written_last_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, epochs=1, then_batches=0)
    with path.open("a") as log:
        log.write('{"event": "batch", "ep')

    assert [row["event"] for row in read_curve(path)] == ["epoch"]


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    assert read_curve(tmp_path / "metrics.jsonl") == []
