"""Charts, blocks, durations and the worker's errors, as a reader of Russian sees them."""

import re
from collections.abc import Callable

import pandas as pd
import pytest

from core.backbones.block import Block, block_title, from_block
from core.backbones.rows import ROWS
from core.charts import block_map, class_counts
from core.language import plain_number, tr
from core.ui.forms.options_overfitting import _patience_words
from core.ui.forms.options_steps import _epochs_words
from core.ui.moments import duration

BLOCKS = (
    Block("stem", ("conv",), 500, 0, 0, 0, 10, (4, 4, 8)),
    Block("block1", ("conv",), 1_250_000, 0, 0, 2, 30, (4, 4, 8)),
)


def test_a_chart_has_russian_words_and_numbers(russian: None) -> None:
    figure = block_map.figure(BLOCKS, 50, ("block1",))
    warm = next(trace for trace in figure.data if "блок 1" in trace.hovertemplate)

    assert "1\u00a0250\u00a0000" in warm.hovertemplate
    assert warm.text == ("1,25 млн",)
    assert figure.layout.xaxis.ticktext == ("stem", "блок 1", "голова")
    assert figure.layout.separators == ",\u00a0"
    told = re.sub(r"<[^>]+>|BatchNorm|stem", "", warm.hovertemplate)
    assert not re.search("[a-wyz]{2}", told)  # x stands between sizes


def test_a_legend_names_the_splits(russian: None) -> None:
    row = {"class_name": "cat", "usable": True}
    manifest = pd.DataFrame([{**row, "split": split} for split in ("train", "val", "test")])

    names = [trace.name for trace in class_counts.figure(manifest).data]

    assert names == ["обучение", "проверка", "тест"]


def test_blocks_are_declined(russian: None) -> None:
    assert tr("Fine-tune {place}", place=from_block("block6")) == "Дообучить с блока 6"
    assert from_block("conv5") == "с блока conv 5"
    assert tr("Fine-tune {block} alone", block=block_title("block6")) == "Дообучить только блок 6"


@pytest.mark.parametrize(
    ("words", "value", "told"),
    [
        (_patience_words, 3, "через 3 эпохи"),
        (_patience_words, 5, "через 5 эпох"),
        (_epochs_words, 1.0, "1 эпоха"),
        (_epochs_words, 0.5, "0,5 эпохи"),
        (duration, 48.2, "48\u00a0с"),
        (duration, 4800.0, "80\u00a0мин"),
        (plain_number, 0.0003, "0,0003"),
        (plain_number, 1e-5, "1e-05"),
    ],
)
def test_counts_and_numbers(
    russian: None, words: Callable[[float], str], value: float, told: str
) -> None:
    assert words(value) == told


def test_every_backbone_is_described(russian: None) -> None:
    assert [row.name for row in ROWS if tr(row.sentence) == row.sentence] == []
