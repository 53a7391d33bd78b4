"""Charts of groups of runs: seeds, blocks, number of images."""

import math

import numpy as np
import pandas as pd
import pytest

from core.charts import block_sweep, data_amount, seed_noise

SEEDS = pd.DataFrame(
    {"seed": [1, 2, 3], "head": [0.9, 0.92, 0.91], "tuned": [0.95, 0.94, math.nan]}
)
SWEEP = pd.DataFrame(
    {
        "block": ["b2", "b1", "b1", "b2"],
        "scope": ["from", "from", "only", "none"],
        "name": ["From b2", "From b1", "Only b1", "Head trained on"],
        "accuracy": [0.96, 0.95, 0.7, 0.94],
        "low": [0.9, 0.9, 0.6, 0.9],
        "high": [0.99, 0.98, 0.8, 0.97],
        "tied": [True, True, False, True],
    }
)
AMOUNT = pd.DataFrame(
    {
        "images": [100, 1000],
        "val": [0.8, 0.9],
        "val_low": [0.7, 0.85],
        "val_high": [0.88, 0.93],
        "test": [math.nan, math.nan],
        "test_low": [math.nan, math.nan],
        "test_high": [math.nan, math.nan],
    }
)


def test_each_seed_is_a_row_with_its_own_pair_and_this_run_above() -> None:
    chart = seed_noise.figure(SEEDS, ("Head only", "From block 6"), (0.93, 0.97))

    joins, heads, tuned = chart.data
    assert list(chart.layout.yaxis.ticktext) == ["this run", "seed 1", "seed 2", "seed 3"]
    assert heads.x == pytest.approx([93, 90, 92, 91])
    assert tuned.x[:3] == pytest.approx([97, 95, 94])
    assert np.isfinite(joins.x).sum() == 6  # the third seed has no pair yet
    # the means are those of the seeds alone
    assert [shape.x0 for shape in chart.layout.shapes] == pytest.approx([91, 94.5])


def test_heads_alone_have_one_colour_and_no_joins() -> None:
    chart = seed_noise.figure(SEEDS.assign(tuned=math.nan), ("Head only", "Head only"))

    assert [len(trace.x) for trace in chart.data] == [0, 3]


def test_each_choice_stands_over_its_block_and_what_is_worse_is_pale() -> None:
    blocks = [("b1", "block 1"), ("b2", "block 2")]
    chart = block_sweep.figure(SWEEP, blocks, head_accuracy=0.93, head_longer=0.94)

    before, longer, on, alone = chart.data
    assert (before.y[0], longer.y[0]) == pytest.approx((93, 94))
    assert [round(x) for x in on.x] == [1, 0]
    assert on.error_y.array == pytest.approx([3, 3])
    assert list(on.marker.opacity) == [1, 1]
    assert list(alone.marker.opacity) == [block_sweep.PALE]


def test_a_split_without_images_has_no_line() -> None:
    chart = data_amount.figure(AMOUNT)

    (line,) = chart.data
    assert (line.name, list(line.y)) == ("validation", pytest.approx([80, 90]))
    assert list(chart.layout.xaxis.ticktext) == ["100", "1,000"]
