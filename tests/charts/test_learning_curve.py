"""The learning curve: head and fine-tuning on one time line."""

import pandas as pd

from core.charts.learning_curve import CurvePart, figure
from core.runs.metrics_log import epoch_table


def epochs(*accuracies: float) -> pd.DataFrame:
    return epoch_table(
        [
            {
                "event": "epoch",
                "epoch": i,
                "loss": 1.0 / i,
                "accuracy": a,
                "val_loss": 2.0 / i,
                "val_accuracy": a,
                "learning_rate": 0.1,
                "seconds": 1.0,
                "images_per_second": 10.0,
            }
            for i, a in enumerate(accuracies, start=1)
        ]
    )


HEAD = CurvePart("head", epochs(0.5, 0.7, 0.6), None, 3, frozen=True, rate=0.1)
TUNED = CurvePart("fine-tuning", epochs(0.8), None, 2, frozen=False, rate=0.001)


def named(parts: list[CurvePart], name: str) -> list:
    return [trace for trace in figure(parts).data if trace.name == name]


def test_fine_tuning_goes_on_where_the_head_ended() -> None:
    accuracy = named([HEAD, TUNED], "fine-tuning, validation")[0]

    assert list(accuracy.x) == [4.0]
    assert list(accuracy.y) == [80.0]


def test_the_border_is_drawn_between_the_stages() -> None:
    shades = [s for s in figure([HEAD, TUNED]).layout.shapes if s.type == "rect"]

    assert [(s.x0, s.x1) for s in shades] == [(0.5, 3.5), (3.5, 5.5)]
    assert shades[0].fillcolor != shades[1].fillcolor


def test_the_best_epoch_is_marked() -> None:
    chart = figure([HEAD])

    assert list(named([HEAD], "best")[0].x) == [2.0]
    assert chart.layout.annotations[-1].text.endswith("best 70.0 %")
    (line,) = [s for s in chart.layout.shapes if s.type == "line"]
    assert (line.x0, line.x1) == (2.0, 2.0)


def test_an_epoch_that_diverged_is_not_marked_as_the_best() -> None:
    diverged = epochs(0.5, 0.7, 0.9)
    diverged.loc[2, "val_loss"] = float("nan")
    part = CurvePart("head", diverged, None, 3, frozen=True, rate=0.1)

    assert list(named([part], "best")[0].x) == [2.0]


def test_the_best_epochs_label_keeps_off_the_axis() -> None:
    early = figure([CurvePart("head", epochs(0.5, 0.7), None, 30, frozen=True, rate=0.1)])
    late = figure([CurvePart("head", epochs(0.5, 0.7), None, 2, frozen=True, rate=0.1)])

    assert early.layout.annotations[-1].xanchor == "left"
    assert late.layout.annotations[-1].xanchor == "right"


def test_the_running_batch_stands_between_two_epochs() -> None:
    batch = {"epoch": 4, "batch": 5, "batches": 10, "loss": 0.3, "accuracy": 0.65}
    part = CurvePart("head", epochs(0.5, 0.7, 0.6), batch, 10, frozen=True, rate=0.1)

    accuracy, loss = named([part], "running batch")

    assert (list(accuracy.x), list(accuracy.y), list(loss.y)) == ([3.5], [65.0], [0.3])


def test_an_empty_run_is_a_chart_with_room_for_its_epochs() -> None:
    chart = figure([CurvePart("head", epochs(), None, 10, frozen=True, rate=0.1)])

    assert list(chart.layout.xaxis.range) == [0.5, 10.5]


def test_zoom_survives_new_data_and_not_another_time_line() -> None:
    more = CurvePart("head", epochs(0.5), None, 3, frozen=True, rate=0.1)
    longer = CurvePart("head", epochs(0.5), None, 9, frozen=True, rate=0.1)

    assert figure([HEAD]).layout.uirevision == figure([more]).layout.uirevision
    assert figure([HEAD]).layout.uirevision != figure([longer]).layout.uirevision


def test_the_rate_lies_below_on_the_same_time_line() -> None:
    axis = figure([HEAD, TUNED]).layout.yaxis3
    rates = [trace for trace in figure([HEAD, TUNED]).data if trace.yaxis == "y3"]

    assert [list(trace.x) for trace in rates] == [[1.0, 2.0, 3.0], [4.0]]
    assert list(axis.ticktext) == ["0.1", "0.001"]
    assert axis.domain[1] < figure([HEAD]).layout.yaxis2.domain[0]


def test_a_rate_of_nothing_leaves_the_panel_and_is_told_as_it_is() -> None:
    table = epochs(0.5, 0.7)
    table["learning_rate"] = [0.1, 0.0]
    part = CurvePart("head", table, None, 2, frozen=True, rate=0.1)
    (line,) = named([part], "head, rate")

    assert 0 < line.y[1] < 10.0 ** figure([part]).layout.yaxis3.range[0]
    assert list(line.customdata) == [0.1, 0.0]


def test_the_rates_axis_stands_still_while_the_rate_rises() -> None:
    table = epochs(0.5)
    table["learning_rate"] = [0.02]
    warming = CurvePart("head", table, None, 3, frozen=True, rate=0.1)

    assert figure([warming]).layout.yaxis3 == figure([HEAD]).layout.yaxis3
