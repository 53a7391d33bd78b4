"""The benchmark of the verdict, with few trials: it must be able to see a dishonest verdict."""

import dataclasses
import json

import pytest

from benchmarks.verdict import contradicts, main
from core.evaluation.verdict import Outcome, judge


@pytest.mark.slow
def test_last_line_is_json_and_holds_what_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--trials", "400"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["contradictions"] == 0
    assert set(result["false_positive"]) == {"50", "200", "1000", "4000"}
    # Four standard errors of 400 trials beside 5 % and 94 %.
    assert max(result["false_positive"].values()) < 0.05 + 0.044
    assert min(result["coverage"].values()) > 0.94 - 0.048
    assert result["power_error"] < 0.03 + 0.08


def test_a_contradiction_would_be_seen() -> None:
    honest = judge(150, 9, 8, 11)
    assert not contradicts(honest)
    assert contradicts(dataclasses.replace(honest, outcome=Outcome.HELPED))
    assert contradicts(dataclasses.replace(honest, outcome=Outcome.HURT))
    assert not contradicts(judge(1, 1, 7, 12))
