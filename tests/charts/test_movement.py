"""The movement of weights, in percent."""

from core.charts.movement import block_movement, figure


def row(layer: str, weight: str, relative: float) -> dict:
    return {"layer": layer, "weight": weight, "block": "block6", "relative": relative}


def test_bars_are_percent_in_the_models_order() -> None:
    chart = figure([row("a", "kernel", 0.25), row("b", "bias", 0.01)])

    assert list(chart.data[0].x) == [25.0, 1.0]
    assert list(chart.data[0].y) == ["a kernel", "b bias"]
    assert chart.layout.yaxis.autorange == "reversed"


def test_many_weights_are_shown_by_their_kernels() -> None:
    rows = [row(f"l{i}", weight, 0.1) for i in range(50) for weight in ("kernel", "bias")]

    assert len(figure(rows).data[0].y) == 50


def test_a_blocks_movement_is_the_median_of_its_kernels() -> None:
    rows = [row("a", "kernel", 0.1), row("b", "kernel", 0.3), row("c", "kernel", 0.2)]
    head = {**row("head", "bias", 0.5), "block": "head"}

    assert block_movement([*rows, row("a", "bias", 9.0), head]) == {"block6": 0.2, "head": 0.5}
