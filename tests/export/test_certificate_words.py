"""What a certificate says is told in the reader's language, also one of an older version."""

from core.evaluation.verdict import judge
from core.export.certificate import cost_in_words, counts_of, told_difference
from core.language import in_language


def test_the_cost_is_told_anew_from_the_counts() -> None:
    verdict = judge(90, 0, 10, 0)
    written = cost_in_words(verdict)
    with in_language("ru"):
        told = told_difference({"difference": written, "counts": counts_of(verdict)})
    assert written.startswith("Accuracy -10.0 points")
    assert told.startswith("Точность: -10,0 п. п.")
    assert told.endswith("стала хуже.")


def test_one_without_counts_keeps_its_sentence() -> None:
    with in_language("ru"):
        assert told_difference({"difference": "Accuracy fell."}) == "Accuracy fell."
