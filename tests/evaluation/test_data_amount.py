"""Would more images help: what the whole compared with the half lets one say."""

import pandas as pd
import pytest

from core.evaluation.data_amount import DataAmount, amount_in_words
from core.evaluation.verdict import Verdict, judge

TABLE = pd.DataFrame({"share": [0.5, 1.0], "images": [600, 1200]})


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (judge(800, 40, 8, 30), "Still rising:"),
        (judge(5000, 10, 12, 100), "Flat:"),
        (judge(800, 12, 8, 30), "Cannot tell:"),
        # Worse with more images, and clearly: no reason to collect any.
        (judge(800, 8, 40, 30), "Flat:"),
    ],
)
def test_the_words_follow_the_interval(verdict: Verdict, words: str) -> None:
    text = amount_in_words(DataAmount(TABLE, verdict, 600, "test"))

    assert words in text
    assert "from 600 to 1,200 training images, test accuracy changed by" in text


def test_nothing_is_said_without_the_half() -> None:
    assert amount_in_words(DataAmount(TABLE, None, 0, "test")) == ""
