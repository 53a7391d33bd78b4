"""Charts of the Data page: counts by class and split, and sizes."""

import pandas as pd
import pytest

from core.charts import class_counts, image_sizes, theme

LONG = "большая рогатая овца на пастбище"


def manifest(names: list[str], **columns: object) -> pd.DataFrame:
    rows = {"class_name": names, "split": "train", "usable": True, "width": 40, "height": 30}
    return pd.DataFrame(rows | columns)


def test_bars_count_usable_images_of_each_split() -> None:
    table = manifest(["cat", "cat", "cat", "dog"])
    table["split"] = ["train", "train", "test", "val"]
    table["usable"] = [True, False, True, True]

    bars = {
        bar.name: dict(zip(bar.x, bar.y, strict=True)) for bar in class_counts.figure(table).data
    }

    assert bars == {
        "training": {"cat": 1, "dog": 0},
        "validation": {"cat": 0, "dog": 1},
        "test": {"cat": 1, "dog": 0},
    }


def test_no_split_has_the_colour_that_means_unfrozen() -> None:
    table = manifest(["cat"] * 3, split=["train", "val", "test"])

    colours = [bar.marker.color for bar in class_counts.figure(table).data]

    assert len(set(colours)) == 3
    assert theme.UNFROZEN not in colours


def test_a_long_name_is_short_below_its_bar_and_whole_beside_the_pointer() -> None:
    chart = class_counts.figure(manifest([LONG, "dog"]))

    assert list(chart.data[0].x) == list(chart.layout.xaxis.tickvals) == ["dog", LONG]
    assert list(chart.layout.xaxis.ticktext) == ["dog", "большая рогатая…"]


@pytest.mark.parametrize("names", [["cat", "dog"], [f"{LONG} {i}" for i in range(100)]])
def test_short_names_and_very_many_are_left_to_plotly(names: list[str]) -> None:
    assert class_counts.figure(manifest(names)).layout.xaxis.tickvals is None


def test_a_size_that_many_images_have_is_a_larger_circle() -> None:
    table = manifest(["cat"] * 5, width=[40, 40, 40, 40, 90])

    circles = image_sizes.figure(table).data[0]

    by_width = dict(zip(circles.x, circles.marker.size, strict=True))
    assert by_width[40] > by_width[90]
    assert list(circles.customdata) == [4, 1]


def test_sizes_beyond_a_thousand_are_the_commonest() -> None:
    widths = [*range(1, 1502), 7, 7]

    circles = image_sizes.figure(manifest(["cat"] * len(widths), width=widths)).data[0]

    assert len(circles.x) == image_sizes.MAX_POINTS
    assert circles.x[0] == 7


@pytest.mark.parametrize("chart", [class_counts, image_sizes])
def test_no_usable_image_is_an_empty_chart(chart: object) -> None:
    table = manifest(["cat"], usable=False)

    figure = chart.figure(table)  # type: ignore[attr-defined]

    assert all(len(trace.x) == 0 for trace in figure.data)
