"""Batches come in an order that seed and epoch decide, and hold every row once."""

import numpy as np

from core.training.batches import Batches, Feed

FEATURES = np.arange(20, dtype=np.float32).reshape(20, 1)
ROWS = [3, 5, 7, 11, 13]
LABELS = np.array([0, 1, 0, 1, 1])


def epoch(batches: Batches) -> tuple[list[float], list[int]]:
    parts = [batches[i] for i in range(len(batches))]
    return (
        [float(v) for inputs, _ in parts for v in inputs[:, 0]],
        [int(v) for _, labels in parts for v in labels],
    )


def test_without_a_seed_rows_keep_their_order() -> None:
    values, labels = epoch(Batches(FEATURES, ROWS, LABELS, 2))

    assert values == ROWS
    assert labels == LABELS.tolist()


def test_every_row_comes_once_with_its_label() -> None:
    values, labels = epoch(Batches(FEATURES, ROWS, LABELS, 2, seed=1))

    assert sorted(values) == ROWS
    assert [LABELS[ROWS.index(int(v))] for v in values] == labels


def test_each_epoch_has_its_own_order_that_the_seed_repeats() -> None:
    one, two = (Batches(FEATURES, range(20), np.zeros(20), 4, seed=3) for _ in range(2))
    first = epoch(one)
    one.on_epoch_end()

    assert epoch(two) == first
    assert epoch(one) != first
    two.on_epoch_end()
    assert epoch(two) == epoch(one)


def test_bytes_become_floats() -> None:
    inputs, _ = Batches(np.full((4, 2), 200, np.uint8), [0, 1], LABELS[:2], 2)[0]

    assert inputs.dtype == np.float32
    assert inputs.max() == 200


def test_a_feed_gives_each_epoch_without_tuning_its_pipeline() -> None:
    features = np.arange(10, dtype=np.float32).reshape(10, 1)
    batches = Batches(features, range(10), np.arange(10) % 2, batch_size=4, seed=3)
    batches.begin(1)
    wanted, _ = epoch(batches)
    batches.begin(2)
    wanted_next, _ = epoch(batches)

    batches.begin(1)
    feed = Feed(batches, {0: 1.0, 1: 3.0})
    pipeline = feed.get_tf_dataset()
    assert pipeline.options().autotune.enabled is False
    rows = [(x.numpy(), y.numpy(), weight.numpy()) for x, y, weight in pipeline]
    assert np.concatenate([x for x, _, _ in rows]).ravel().tolist() == wanted
    for _, labels, weights in rows:
        assert weights.tolist() == [3.0 if label else 1.0 for label in labels]
    feed.on_epoch_end()
    assert np.concatenate([x for x, _, _ in pipeline]).ravel().tolist() == wanted_next
