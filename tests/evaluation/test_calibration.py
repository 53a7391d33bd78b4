"""Calibration by hand, and a temperature that is known because the test applied it."""

import numpy as np
import pytest

from core.evaluation.calibration import (
    apply_temperature,
    calibration,
    fit_temperature,
    reliability,
)


def two_columns(sure: list[float]) -> np.ndarray:
    column = np.array(sure)
    return np.stack([column, 1 - column], axis=1)


def test_reliability_and_error_by_hand() -> None:
    # Two images 0.95 sure, one right; two images 0.65 sure, both right.
    labels, given = np.array([0, 1, 0, 0]), two_columns([0.95, 0.95, 0.65, 0.65])
    table = reliability(labels, given)
    assert table["images"].tolist() == [2, 2]
    assert table["accuracy"].tolist() == [1.0, 0.5]
    assert table["confidence"].tolist() == pytest.approx([0.65, 0.95])
    found = calibration(labels, given)
    assert found.error == pytest.approx((2 * 0.35 + 2 * 0.45) / 4)
    assert found.accuracy == 0.75


def test_limits_of_bins() -> None:
    table = reliability(np.array([0, 0, 0]), two_columns([0.8, 0.80001, 1.0]))
    assert table["high"].tolist() == pytest.approx([0.8, 0.9, 1.0])


def drawn(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Images whose labels follow the true probabilities, given too sure by `temperature`."""
    generator = np.random.default_rng(5)
    scores = generator.normal(size=(20_000, 4)) * 1.5
    true = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = (generator.random((len(true), 1)) > true.cumsum(axis=1)).sum(axis=1)
    raised = np.exp(scores * temperature)
    return labels, raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_fitted_temperature_is_the_one_that_was_applied(temperature: float) -> None:
    labels, given = drawn(temperature)
    assert fit_temperature(labels, given) == pytest.approx(temperature, rel=0.03)


def test_temperature_lowers_the_error_and_keeps_the_answers() -> None:
    labels, given = drawn(3.0)
    scaled = apply_temperature(given, fit_temperature(labels, given))
    assert calibration(labels, scaled).error < 0.02 < calibration(labels, given).error
    assert (scaled.argmax(axis=1) == given.argmax(axis=1)).all()


def test_temperature_one_changes_nothing_and_two_is_a_root() -> None:
    given = np.array([[0.8, 0.2]])
    np.testing.assert_allclose(apply_temperature(given, 1.0), given)
    # Odds of 4 become odds of 2.
    np.testing.assert_allclose(apply_temperature(given, 2.0), [[2 / 3, 1 / 3]])


def test_a_model_that_is_always_right_has_a_finite_temperature() -> None:
    found = fit_temperature(np.array([0, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert 0.05 <= found <= 20
