"""The block map: width is compute, height is parameters, colour is frozen or unfrozen."""

import itertools

import pytest

from core.backbones.block import Block
from core.charts import block_map, theme


def block(name: str, parameters: int, multiply_adds: int) -> Block:
    return Block(name, (f"{name}_conv",), parameters, 0, 0, 0, multiply_adds, (4, 4, 8))


BLOCKS = (block("stem", 100, 10), block("block1", 400, 30), block("top", 1600, 60))


def bars(unfrozen: tuple[str, ...]) -> dict[str, object]:
    figure = block_map.figure(BLOCKS, 50, unfrozen)
    return {trace.customdata[0][0]: trace for trace in figure.data if trace.customdata is not None}


def test_colours_tell_frozen_from_unfrozen() -> None:
    got = bars(("block1", "top"))

    assert got["stem"].marker.color == theme.FROZEN
    assert got["block1"].marker.color == theme.UNFROZEN
    assert "frozen" in got["stem"].hovertemplate


def test_width_follows_compute_and_height_parameters() -> None:
    got = bars(())
    width = {name: trace.width[0] for name, trace in got.items()}
    height = {name: trace.y[0] for name, trace in got.items()}

    assert width["stem"] < width["block1"] < width["top"]
    assert width["top"] - width["block1"] == pytest.approx(1.5 * (width["block1"] - width["stem"]))
    assert height["stem"] < height["block1"] < height["top"]


def test_bars_lie_side_by_side() -> None:
    ends = [(t.x[0] - t.width[0] / 2, t.x[0] + t.width[0] / 2) for t in bars(()).values()]

    assert all(right < left for (_, right), (left, _) in itertools.pairwise(ends))
    assert ends[-1][1] < 1


def test_the_head_is_always_warm_and_last() -> None:
    figure = block_map.figure(BLOCKS, 50, ())

    assert figure.data[-1].marker.color == theme.UNFROZEN
    assert "always trained" in figure.data[-1].hovertemplate


def test_the_border_stands_before_the_first_unfrozen_block() -> None:
    figure = block_map.figure(BLOCKS, 50, ("top",))
    top = next(t for t in figure.data if t.customdata is not None and t.customdata[0][0] == "top")

    assert figure.layout.shapes[0].x0 < top.x[0] - top.width[0] / 2
    frozen, unfrozen = (note.text for note in figure.layout.annotations)
    assert frozen.endswith(" frozen")
    assert unfrozen.endswith(" unfrozen · trained")


def test_a_wide_frozen_part_says_what_frozen_means() -> None:
    notes = block_map.figure(BLOCKS, 50, ()).layout.annotations

    assert notes[0].text.endswith("frozen · computed once and stored")


def test_names_stand_below_the_blocks() -> None:
    figure = block_map.figure(BLOCKS, 50, ())
    axis = figure.layout.xaxis

    assert list(axis.ticktext) == ["stem", "block 1", "top", "head"]
    assert list(axis.tickvals) == [trace.x[0] for trace in figure.data]


def test_nothing_is_called_frozen_where_everything_is_trained() -> None:
    figure = block_map.figure(BLOCKS, 50, ("stem", "block1", "top"))

    assert [n.text.split("</span> ")[1] for n in figure.layout.annotations] == [
        "unfrozen · trained"
    ]


def test_after_a_run_blocks_are_shaded_by_how_far_they_moved() -> None:
    moved = {"block1": 0.01, "top": 0.034, "head": 0.3}
    figure = block_map.figure(BLOCKS, 50, ("block1", "top"), moved=moved)
    bars = dict(zip(("stem", "block1", "top", "head"), figure.data, strict=True))

    assert [bar.text[0] for bar in figure.data] == ["0 %", "1.0 %", "3.4 %", "30 %"]
    assert bars["stem"].marker.color == theme.FROZEN
    # The head moves most of all, but it is not the measure.
    assert bars["top"].marker.color == bars["head"].marker.color != bars["block1"].marker.color
    assert "moved by 3.4 %" in bars["top"].hovertemplate
    assert figure.layout.annotations[0].text.split(" ")[-1] == "frozen"


@pytest.mark.parametrize(
    ("count", "words"), [(992, "1.0 k"), (139_600, "140 k"), (1_184_000, "1.18 M")]
)
def test_counts_are_short(count: int, words: str) -> None:
    assert block_map.short_count(count) == words
