"""Why a job failed, in words: an exception, the end of its process, or its silence."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

from core.errors import RunError, UnfreezeError
from core.language import Words, tr

_FROM_OUTSIDE = ("SIGTERM", "SIGINT", "SIGHUP")


def explained(error: Exception) -> UnfreezeError:
    """What an exception at the edge of a job's process means for people.

    Args:
        error: What was raised.
    """
    if isinstance(error, UnfreezeError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return RunError(
            tr("There was not enough memory."),
            tr("Choose a smaller batch size, a smaller image size, or a later block."),
        )
    if isinstance(error, OSError):
        return _explained_io(error)
    return RunError(
        tr("The process ended with an unexpected error: {kind}.", kind=type(error).__name__),
        tr("The details below and worker.log in its folder say more."),
    )


def death(folder: Path, code: int) -> RunError:
    """Why a process ended without a word.

    Args:
        folder: The job's folder.
        code: The process's exit code.
    """
    name = signal.Signals(-code).name if -code in set(signal.Signals) else ""
    if (folder / "kill.request").exists():
        return RunError(tr("The process was ended by force."), _hint(folder))
    if name == "SIGKILL" or "bad_alloc" in end_of_log(folder):
        return RunError(
            tr("The process was killed."),
            tr(
                "Most often memory ran out: then choose a smaller batch or image size. "
                "Otherwise try again."
            ),
        )
    if name in _FROM_OUTSIDE:
        what = tr("The process was ended from outside, as when the machine shuts down.")
        return RunError(what, _hint(folder))
    return RunError(tr("The process crashed."), tr("worker.log in its folder says more."))


def silence(folder: Path) -> RunError:
    """Why a job counts as failed whose process is not there any more."""
    if (folder / "kill.request").exists():
        return RunError(tr("The process was ended by force."), _hint(folder))
    return RunError(tr("The process ended unexpectedly."), _hint(folder))


def end_of_log(folder: Path, characters: int = 1500) -> str:
    """The last words of a job's process."""
    try:
        with (folder / "worker.log").open("rb") as handle:
            handle.seek(0, os.SEEK_END)
            handle.seek(max(0, handle.tell() - characters))
            return handle.read().decode(errors="replace")
    except OSError:
        return ""


def _hint(folder: Path) -> Words:
    is_training = not (folder / "job.json").exists()
    if is_training:
        return tr("Resume it: it goes on from its last checkpoint.")
    return tr("Try it again.")


def _explained_io(error: OSError) -> RunError:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):
        return RunError(
            tr("The disk is full: nothing more can be saved."),
            tr("Delete runs or stored features on the Runs page, then try again."),
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return RunError(
            tr("The workspace cannot be written to: {error}.", error=str(error)),
            tr("Give the app the right to write there, then try again."),
        )
    return RunError(
        tr("Reading or writing failed: {error}.", error=str(error)),
        tr("Check the disk, then try again."),
    )
