"""A parity certificate: whether an exported model predicts what the trained one does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.evaluation.verdict import Outcome, Verdict, judge
from core.evaluation.wording import difference_in_words
from core.export.formats import ExportFormat
from core.language import Words, number, plain_number, tr

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Certificate:
    """Measurements of one exported model.

    Attributes:
        format: Key of `core.export.formats.FORMATS`.
        title: The format's name.
        run: The run's id.
        image_size: Height and width that it takes, in pixels.
        takes: What its input is, in words.
        split: Which images it was run on.
        images: How many.
        max_difference: Largest difference of a probability from the trained model's.
        label_flips: Images with another answer.
        accuracy: Share of right answers, between 0 and 1.
        trained_accuracy: The trained model's, on the same images.
        verdict: `helped`, `hurt` or `cannot tell`, as fine-tuning is judged.
        difference: Exported less trained, in points, with its interval, in words.
        megabytes: Size of the model's file.
        ms_per_image: Median time of one image in its runtime, without decoding.
        allowed: The largest difference that is let pass.
        versions: Packages that it was made and checked with.
        refusal: Why it may not be taken away; "" where it may.
        counts: Images by what became of them, as `judge` takes them: what the words are told from.
        left_out: Paths of images that it was not run on: gone, or changed since their scan.
    """

    format: str
    title: str
    run: str
    image_size: int
    takes: str
    split: str
    images: int
    max_difference: float
    label_flips: int
    accuracy: float
    trained_accuracy: float
    verdict: str
    difference: str
    megabytes: float
    ms_per_image: float
    allowed: float
    versions: dict[str, str]
    refusal: str
    counts: dict[str, int]
    left_out: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def takes(image_size: int) -> str:
    """The input of every format in words: preprocessing is part of the model."""
    return f"float32 (1, {image_size}, {image_size}, 3), RGB, 0 to 255"


def refusal(chosen: ExportFormat, got: Array, expected: Array) -> str:
    """Reason to withhold an exported model, or "".

    Args:
        chosen: Its format, with what is let pass.
        got: float32 `(images, classes)`, its probabilities.
        expected: The trained model's, of the same shape.
    """
    if not np.isfinite(got).all():
        return tr("It gives numbers that are none.")
    difference = float(np.abs(got - expected).max())
    if difference > chosen.max_difference:
        return tr(
            "A probability differs by {difference} from the trained model's; {allowed} is let "
            "pass.",
            difference=plain_number(float(f"{difference:.3g}")),
            allowed=plain_number(chosen.max_difference),
        )
    agreement = float((got.argmax(axis=1) == expected.argmax(axis=1)).mean())
    if agreement < chosen.min_agreement:
        return tr(
            "It agrees with the trained model on {agreement}% of the images only; {needed}% are "
            "needed.",
            agreement=number(100 * agreement, 1),
            needed=number(100 * chosen.min_agreement),
        )
    return ""


def compare(got: Array, expected: Array, labels: Array) -> Verdict:
    """Judges the exported model against the trained one, as fine-tuning is judged."""
    after = got.argmax(axis=1) == labels
    before = expected.argmax(axis=1) == labels
    return judge(
        both_right=int((before & after).sum()),
        fixed=int((~before & after).sum()),
        broken=int((before & ~after).sum()),
        both_wrong=int((~before & ~after).sum()),
    )


def counts_of(verdict: Verdict) -> dict[str, int]:
    """Counts from which `judge` makes the verdict again."""
    names = ("both_right", "fixed", "broken", "both_wrong")
    return {name: getattr(verdict, name) for name in names}


def cost_in_words(verdict: Verdict) -> Words:
    """Describe the export's effect on accuracy: "The same predictions are correct."."""
    if not verdict.changed:
        return tr("The same answers are right.")
    points = difference_in_words(verdict)
    if verdict.outcome is Outcome.CANNOT_TELL:
        return tr("Accuracy {points}: cannot tell it from no difference.", points=points)
    if verdict.outcome is Outcome.HURT:
        return tr("Accuracy {points}: it hurt.", points=points)
    return tr("Accuracy {points}: it helped.", points=points)


def told_difference(certificate: Mapping[str, Any]) -> str:
    """A certificate's cost in the reader's language.

    Args:
        certificate: What `Certificate.to_dict` gave; older ones have no `counts`.
    """
    counts = certificate.get("counts")
    return cost_in_words(judge(**counts)) if counts else str(certificate["difference"])


def markdown(certificate: Certificate) -> str:
    """The certificate to read."""
    c = certificate
    names = ", ".join(c.left_out)
    left_out = f" Left out, gone or changed since the scan: {names}." if names else ""
    versions = ", ".join(f"{name} {number}" for name, number in c.versions.items())
    return f"""# {c.title}: parity certificate

Model of run {c.run}. It was run in its own runtime on {c.images:,} {c.split} images and compared
with the trained Keras model on the same images.{left_out}

| | |
| --- | --- |
| Largest difference of a probability | {c.max_difference:.2g} (let pass: {c.allowed:g}) |
| Images with another answer | {c.label_flips:,} of {c.images:,} |
| Accuracy, trained model | {c.trained_accuracy:.4f} |
| Accuracy, this model | {c.accuracy:.4f} |
| Verdict | {c.verdict}; {c.difference} |
| Size | {c.megabytes:.1f} MB |
| Time of one image | {c.ms_per_image:.1f} ms on the machine that made it |
| Input | {c.takes} |

Made with {versions}.
"""
