"""What can be wrong with an image file, in words, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Issue:
    """One kind of trouble.

    Attributes:
        code: As the manifest's `issues` column holds it.
        title: In a few words.
        treatment: What is done with such a file.
        usable: Whether runs use it.
    """

    code: str
    title: str
    treatment: str
    usable: bool


_LEFT_OUT = "left out"
_ROWS = (
    Issue("zero_bytes", "empty file", _LEFT_OUT, usable=False),
    Issue("not_an_image", "no image inside", _LEFT_OUT, usable=False),
    Issue("unreadable", "damaged or cut off", _LEFT_OUT, usable=False),
    Issue("too_large", "too many pixels", _LEFT_OUT, usable=False),
    Issue("two_classes", "same image in two classes", "kept in both: one of them is wrong", True),
    Issue("leak", "copy in another split", "kept: figures on test look better than they are", True),
    Issue("duplicate", "copy in the same split", "kept", usable=True),
    Issue("near_leak", "near copy in another split", "kept: figures on test look better", True),
    Issue("near_duplicate", "near copy in the same split", "kept", usable=True),
    Issue("excluded", "excluded by hand", _LEFT_OUT, usable=False),
    Issue("wrong_extension", "name says another format", "read by its content", usable=True),
    Issue("animated", "animation", "its first picture is used", usable=True),
    Issue("cmyk", "colours for print (CMYK)", "converted to RGB", usable=True),
    Issue("sixteen_bit", "16 bits a channel", "scaled to 8 bits", usable=True),
    Issue("transparent", "transparent parts", "laid on white", usable=True),
    Issue("rotated", "turned by its EXIF data", "turned upright", usable=True),
    Issue("elongated", "more than five times as long as wide", "squeezed to a square", True),
    Issue("blank", "one colour all over", "kept: nothing can be learned from it", True),
    Issue("tiny", "smaller than 8 pixels", "enlarged, blurred", usable=True),
)
ISSUES: dict[str, Issue] = {row.code: row for row in _ROWS}
# What follows from other images, not from the file itself.
COPY_CODES = frozenset({"two_classes", "leak", "duplicate", "near_leak", "near_duplicate"})
TINY_SIDE = 8
ELONGATED = 5.0
# Grey levels between the darkest and the lightest spot of a blank image.
BLANK_RANGE = 4


def is_usable(codes: list[str]) -> bool:
    """Whether runs use an image with these issues."""
    return all(ISSUES[code].usable for code in codes)
