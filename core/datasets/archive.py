"""Unpacks a zip that nobody vouches for."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from core.config import Settings
from core.datasets.layout import is_image_name, is_junk
from core.errors import ArchiveError

Progress = Callable[[int, int], None]
_CHUNK = 1 << 20


def unpack(archive: Path, target: Path, settings: Settings, progress: Progress) -> list[str]:
    """Unpacks the images of a zip.

    Args:
        archive: The zip.
        target: An empty folder.
        settings: Its limits are kept.
        progress: Called with `(files done, files in all)`.

    Returns:
        Names of members that could not be read; the others are there.

    Raises:
        ArchiveError: If it is no zip, or breaks a limit, or wants to write elsewhere.
    """
    name = archive.name
    if archive.stat().st_size > settings.max_archive_bytes:
        raise ArchiveError(
            f"{name} has {archive.stat().st_size / 1e6:,.0f} MB; "
            f"the limit is {settings.max_archive_bytes / 1e6:,.0f} MB.",
            "Make it smaller, or put the unpacked folder into the workspace's data folder.",
        )
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked_members(opened, name, settings)
            return _extract_all(opened, members, target, progress)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ArchiveError(
            f"{name} is no zip, or is cut off: {error}.", "Pack the folder again as a zip."
        ) from error


def _checked_members(
    opened: zipfile.ZipFile, name: str, settings: Settings
) -> list[zipfile.ZipInfo]:
    members = [m for m in opened.infolist() if not m.is_dir()]
    if len(members) > settings.max_archive_files:
        raise ArchiveError(
            f"{name} holds {len(members):,} files; the limit is {settings.max_archive_files:,}.",
            "Split it, or ask the operator to raise UNFREEZE_MAX_ARCHIVE_FILES.",
        )
    if sum(m.file_size for m in members) > settings.max_unpacked_bytes:
        raise ArchiveError(
            f"{name} unpacks to more than {settings.max_unpacked_bytes / 1e9:,.1f} GB.",
            "Leave files out, or ask the operator to raise UNFREEZE_MAX_UNPACKED_BYTES.",
        )
    for member in members:
        _check_member(member, name, settings)
    return [m for m in members if is_image_name(m.filename) and not is_junk(m.filename)]


def _check_member(member: zipfile.ZipInfo, name: str, settings: Settings) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ArchiveError(
            f"{name} wants to write outside its folder: {member.filename!r}.",
            "Pack the folder again, with plain relative names.",
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ArchiveError(
            f"{name} holds a link instead of a file: {member.filename!r}.",
            "Pack the files themselves.",
        )
    if member.flag_bits & 1:
        raise ArchiveError(f"{name} is protected by a password.", "Pack it without one.")
    if member.file_size > settings.max_compression_ratio * max(1, member.compress_size):
        raise ArchiveError(
            f"{member.filename!r} in {name} unpacks to {member.file_size / 1e6:,.0f} MB from "
            f"{member.compress_size / 1e6:,.2f} MB.",
            "Such a file is a trap; leave it out.",
        )


def _extract_all(
    opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], target: Path, progress: Progress
) -> list[str]:
    broken = []
    for i, member in enumerate(members):
        if not _extract(opened, member, target):
            broken.append(member.filename)
        progress(i + 1, len(members))
    return broken


def _extract(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> bool:
    path = target / PurePosixPath(member.filename.replace("\\", "/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with opened.open(member) as source, path.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                copy.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        path.unlink(missing_ok=True)
        return False
    return True
