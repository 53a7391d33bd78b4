"""The chart of a rate test."""

import pytest

from core.charts.rate_finder import figure
from core.evaluation.rate_curve import RateCurve, rising_rates


def test_the_suggested_rate_is_marked_on_a_logarithmic_axis() -> None:
    rates = rising_rates().tolist()
    chart = figure(RateCurve(rates, [2.0] * len(rates), 10), 0.01, "0.01")

    assert chart.layout.xaxis.type == "log"
    assert chart.layout.shapes[0].x0 == pytest.approx(0.01)
    assert chart.layout.annotations[0].x == pytest.approx(-2)
    assert "0.01" in chart.layout.annotations[0].text
    assert list(chart.data[1].y) == pytest.approx([2.0] * len(rates))
    assert "loss" in chart.layout.yaxis.title.text
    assert chart.layout.yaxis.range[1] > 2
