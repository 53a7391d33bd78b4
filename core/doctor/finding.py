"""Finding of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: What it is about, in a word or two.
        level: See `Level`.
        what: One sentence: what was found.
        way_out: What to do about it; "" where nothing is to be done.
    """

    area: str
    level: Level
    what: str
    way_out: str = ""


def ok(area: str, what: str) -> Finding:
    """Nothing is wrong."""
    return Finding(area, Level.OK, what)


def warning(area: str, what: str, way_out: str) -> Finding:
    """Finding for something that works and could be better or safer."""
    return Finding(area, Level.WARNING, what, way_out)


def problem(area: str, what: str, way_out: str) -> Finding:
    """Finding for something that does not work, or is open to strangers."""
    return Finding(area, Level.PROBLEM, what, way_out)
