"""The kinds of error that Unfreeze raises on purpose.

Each carries what a person needs: what is wrong, and the way out. The worker catches them once at
its edge and writes both into the run's status; a page catches them once and shows them as a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.language import Words, retold, tr


class UnfreezeError(Exception):
    """Something a user can understand and act on.

    Args:
        what: One sentence: what is wrong and what was received, naming the file or the setting.
        way_out: One sentence: what to do about it. Empty where there is nothing to do.
    """

    def __init__(self, what: str, way_out: str = "") -> None:
        super().__init__(f"{what} {way_out}".strip())
        self.what = what
        self.way_out = way_out

    def record(self, details: str = "") -> dict[str, Any]:
        """Plain values to write as JSON, for `told_error`.

        Args:
            details: What a developer needs, such as a traceback.
        """
        parts = {"what": self.what, "way_out": self.way_out}
        words = {name: text.record() for name, text in parts.items() if isinstance(text, Words)}
        return {**parts, "details": details, "words": words}


def told_error(record: Mapping[str, Any] | None, otherwise: str) -> tuple[str, str]:
    """Translate an error that another process wrote.

    Args:
        record: What `UnfreezeError.record` gave; or `what` and `way_out` alone.
        otherwise: What is said where nothing was written.

    Returns:
        What is wrong, and the way out.
    """
    about = record or {}
    words = about.get("words") or {}
    what, way_out = str(about.get("what") or otherwise), str(about.get("way_out") or "")
    # A sentence without values is found in the catalogue as it is.
    return retold(words.get("what"), tr(what)), retold(words.get("way_out"), tr(way_out))


class InvalidImageError(UnfreezeError):
    """A file that cannot be decoded as an image, or must not be."""


class ChangedFileError(InvalidImageError):
    """A data set's file that is no longer what its scan has seen."""


class DatasetError(UnfreezeError):
    """A data set that cannot be imported, found or trained on."""


class ArchiveError(DatasetError):
    """An archive that cannot be unpacked, or must not be."""


class LayoutError(DatasetError):
    """A folder whose arrangement of images is not recognised."""


class WeightsError(UnfreezeError):
    """Pretrained weights that cannot be had or do not fit the architecture."""


class BackboneError(UnfreezeError):
    """A backbone, block or image size that does not exist or does not fit."""


class RunError(UnfreezeError):
    """A run that does not exist or is not in the state that an action needs."""


class QueueError(UnfreezeError):
    """The queue's processes cannot be started or reached."""


class TeamError(UnfreezeError):
    """The team's database cannot be reached, or is of another version."""


class NotAllowedError(UnfreezeError):
    """Something that this person may not do or see."""


class LimitError(UnfreezeError):
    """A limit of the installation is reached; nothing was done."""


class ExportError(UnfreezeError):
    """An exported model that cannot be made, or does not predict what the trained one does."""


class BackupError(UnfreezeError):
    """A backup that cannot be written, read or put back."""
