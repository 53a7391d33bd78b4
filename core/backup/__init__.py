"""A workspace in one file, taken while it is in use, and put back: `python -m core.backup`."""

from core.backup.restore import restore
from core.backup.save import Saved, save

__all__ = ["Saved", "restore", "save"]
