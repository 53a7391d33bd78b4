"""Issues of image files, in words, and how they are treated."""

from __future__ import annotations

from dataclasses import dataclass

from core.language import mark


@dataclass(frozen=True)
class Issue:
    """One kind of trouble.

    Attributes:
        code: As the manifest's `issues` column holds it.
        title: In a few words, for `tr`.
        treatment: What is done with such a file, for `tr`.
        usable: Whether runs use it.
    """

    code: str
    title: str
    treatment: str
    usable: bool


_LEFT_OUT = mark("left out")
_ROWS = (
    Issue("zero_bytes", mark("empty file"), _LEFT_OUT, usable=False),
    Issue("not_an_image", mark("no image inside"), _LEFT_OUT, usable=False),
    Issue("unreadable", mark("damaged or cut off"), _LEFT_OUT, usable=False),
    Issue("too_large", mark("too many pixels"), _LEFT_OUT, usable=False),
    Issue(
        "two_classes",
        mark("same image in two classes"),
        mark("kept in both: one of them is wrong"),
        True,
    ),
    Issue(
        "leak",
        mark("copy in another split"),
        mark("kept: figures on test look better than they are"),
        True,
    ),
    Issue("duplicate", mark("copy in the same split"), mark("kept"), usable=True),
    Issue(
        "near_leak",
        mark("near-duplicate in another split"),
        mark("kept: figures on test look better"),
        True,
    ),
    Issue("near_duplicate", mark("near-duplicate in the same split"), mark("kept"), usable=True),
    Issue("excluded", mark("excluded by hand"), _LEFT_OUT, usable=False),
    Issue(
        "wrong_extension",
        mark("name says another format"),
        mark("read by its content"),
        usable=True,
    ),
    Issue("animated", mark("animation"), mark("its first picture is used"), usable=True),
    Issue("cmyk", mark("colours for print (CMYK)"), mark("converted to RGB"), usable=True),
    Issue("sixteen_bit", mark("16 bits a channel"), mark("scaled to 8 bits"), usable=True),
    Issue("transparent", mark("transparent parts"), mark("laid on white"), usable=True),
    Issue("rotated", mark("turned by its EXIF data"), mark("turned upright"), usable=True),
    Issue(
        "elongated",
        mark("more than five times as long as wide"),
        mark("squeezed to a square"),
        True,
    ),
    Issue(
        "blank",
        mark("one colour all over"),
        mark("kept: nothing can be learned from it"),
        usable=True,
    ),
    Issue("tiny", mark("smaller than 8 pixels"), mark("enlarged, blurred"), usable=True),
)
ISSUES: dict[str, Issue] = {row.code: row for row in _ROWS}
# What follows from other images, not from the file itself.
COPY_CODES = frozenset({"two_classes", "leak", "duplicate", "near_leak", "near_duplicate"})
TINY_SIDE = 8
ELONGATED = 5.0
# Grey levels between the darkest and the lightest spot of a blank image.
BLANK_RANGE = 4


def is_usable(codes: list[str]) -> bool:
    """Return True if runs use an image with these issues."""
    return all(ISSUES[code].usable for code in codes)
