"""The metrics log as the live view reads it."""

import itertools
from pathlib import Path

from core.runs.metrics_log import (
    MetricsView,
    MetricsWriter,
    cut_metrics,
    epoch_table,
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


def write_epoch(
    writer: MetricsWriter, epoch: int, accuracy: float = 0.5, loss: float = 1.0
) -> None:
    writer.write(
        event="epoch", epoch=epoch, val_accuracy=accuracy, val_loss=loss, images_per_second=9.0
    )


def test_a_view_reads_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    view = MetricsView(path)
    assert view.read().batch is None
    writer = MetricsWriter(path)
    write_epoch(writer, 1)
    writer.write(event="batch", epoch=2, batch=5)
    table, batch, version = view.read()
    assert view.read().version == version
    assert table["epoch"].tolist() == [1]
    assert batch is not None
    assert batch["batch"] == 5

    # What was read is not looked at again.
    path.write_bytes(b"x" * (path.stat().st_size - 1) + b"\n")
    writer = MetricsWriter(path)
    write_epoch(writer, 2)
    with path.open("a") as handle:
        handle.write('{"event": "epo')
    table, batch, later = view.read()
    assert later != version
    assert table["epoch"].tolist() == [1, 2]
    assert batch is None


def test_all_looks_at_an_epoch_share_one_table(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    view, writer = MetricsView(path), MetricsWriter(path)
    write_epoch(writer, 1)
    first = view.read().epochs
    writer.write(event="batch", epoch=2, batch=1)
    assert view.read().epochs is first

    write_epoch(writer, 2)
    assert view.read().epochs["epoch"].tolist() == [1, 2]
    assert first["epoch"].tolist() == [1]


def test_a_view_forgets_what_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    view, writer = MetricsView(path), MetricsWriter(path)
    write_epoch(writer, 1)
    length = path.stat().st_size
    write_epoch(writer, 2, accuracy=0.6)
    assert len(view.read().epochs) == 2

    cut_metrics(path, length)
    writer = MetricsWriter(path)
    write_epoch(writer, 2, accuracy=0.7)
    write_epoch(writer, 3)
    assert view.read().epochs["val_accuracy"].tolist() == [0.5, 0.7, 0.5]


def test_a_view_of_a_long_run_stays_small_and_keeps_best_and_last(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    view, writer = MetricsView(path, limit=20), MetricsWriter(path)
    for epoch in range(1, 1001):
        for batch in range(10):
            writer.write(event="batch", epoch=epoch, batch=batch)
        write_epoch(writer, epoch, accuracy=0.9 if epoch == 333 else 0.5)
        if epoch % 7 == 0:
            assert len(view.read().epochs) <= 22

    epochs = view.read().epochs["epoch"].tolist()
    assert {1, 333, 1000} <= set(epochs)
    kept = sorted(set(epochs) - {333, 1000})
    assert {b - a for a, b in itertools.pairwise(kept)} == {64}


def test_the_best_epoch_that_a_view_keeps_has_a_finite_loss(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    view, writer = MetricsView(path, limit=4), MetricsWriter(path)
    for epoch in range(1, 65):
        broken = {20: float("nan"), 40: float("inf")}.get(epoch, 1.0)
        write_epoch(writer, epoch, 0.8 if epoch == 30 else 0.9 if broken != 1 else 0.5, broken)

    epochs = set(view.read().epochs["epoch"])
    assert 30 in epochs
    assert not {20, 40} & epochs
