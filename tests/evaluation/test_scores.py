"""Scores by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from core.evaluation.scores import (
    curve_classes,
    precision_recall_curve,
    roc_curve,
    scores,
    top_k_accuracy,
)

LABELS = np.array([0, 1, 2, 1])
GIVEN = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5], [0.6, 0.1, 0.3]])


def test_scores_by_hand() -> None:
    found = scores(LABELS, GIVEN, top_k=2)
    assert found.accuracy == 0.5
    assert found.top_k_accuracy == 0.75
    assert found.log_loss == pytest.approx(-np.log([0.7, 0.4, 0.5, 0.1]).mean())
    first, second = 0.3**2 + 0.2**2 + 0.1**2, 0.5**2 + 0.6**2 + 0.1**2
    third, fourth = 0.2**2 + 0.3**2 + 0.5**2, 0.6**2 + 0.9**2 + 0.3**2
    assert found.brier == pytest.approx((first + second + third + fourth) / 4)


def test_two_classes_have_top_one_only() -> None:
    found = scores(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]), top_k=3)
    assert (found.top_k, found.top_k_accuracy) == (1, 0.5)


def test_top_k_agrees_with_scikit_learn_on_random_probabilities() -> None:
    generator = np.random.default_rng(0)
    given = generator.dirichlet(np.ones(6), size=200)
    labels = generator.integers(0, 6, size=200)
    theirs = metrics.top_k_accuracy_score(labels, given, k=3, labels=range(6))
    assert top_k_accuracy(labels, given, 3) == pytest.approx(theirs)


def test_a_wrong_answer_of_zero_keeps_the_log_loss_finite() -> None:
    found = scores(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert np.isfinite(found.log_loss)


def test_curves_need_images_on_both_sides() -> None:
    labels = np.array([0] * 20 + [1] * 6 + [2] * 2)
    assert curve_classes(labels, ["a", "b", "c"]) == [0, 1]


def test_perfect_curves() -> None:
    labels = np.array([0, 0, 1, 1])
    given = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])
    roc, area = roc_curve(labels, given, 1)
    _, average = precision_recall_curve(labels, given, 1)
    assert (area, average) == (1.0, 1.0)
    assert roc.iloc[0].tolist() == [0.0, 0.0]
    assert roc.iloc[-1].tolist() == [1.0, 1.0]


def test_long_curves_are_thinned_to_their_ends() -> None:
    generator = np.random.default_rng(0)
    given = generator.dirichlet(np.ones(2), size=5000)
    labels = generator.integers(0, 2, size=5000)
    table, _ = precision_recall_curve(labels, given, 1)
    assert len(table) == 500
    assert table["recall"].iloc[0] == 1.0
    assert table["recall"].iloc[-1] == 0.0
