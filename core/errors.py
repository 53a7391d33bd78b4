"""The kinds of error that Unfreeze raises on purpose.

Each carries what a person needs: what is wrong, and the way out. The worker catches them once at
its edge and writes both into the run's status; a page catches them once and shows them as a card.
"""


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


class InvalidImageError(UnfreezeError):
    """A file that cannot be decoded as an image, or must not be."""


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


class ExportError(UnfreezeError):
    """An exported model that cannot be made, or does not predict what the trained one does."""
