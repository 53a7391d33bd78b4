"""Unpacks a zip or tar that nobody vouches for."""

from __future__ import annotations

import errno
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path, PurePosixPath
from typing import IO

from core.datasets.archive_names import tar_name, zip_name
from core.datasets.archive_source import Pieces, as_tar, copy_whole
from core.datasets.folder import files_below
from core.datasets.layout import is_image_name, is_junk, is_table_name, no_images
from core.errors import ArchiveError
from core.language import mark, number, tr
from core.settings import Settings

Progress = Callable[[int, int], None]
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    ValueError,  # places before the file's beginning
    OverflowError,  # places beyond what any file has
)
# What the system says where a disk, or somebody's share of it, is full.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_FLAG_ENCRYPTED = 1
# Files without an image among them: as many as an error needs to know of.
_TOLD = 4


@dataclass(frozen=True)
class _Member:
    """One file of an archive; `packed` is 0 where the format does not tell it."""

    name: str
    size: int
    packed: int
    is_link: bool
    is_encrypted: bool
    open: Callable[[], IO[bytes] | None]
    is_folder: bool = False

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.name.replace("\\", "/"))


def unpack(archive: Path, target: Path, settings: Settings, progress: Progress) -> list[str]:
    """Unpacks the images of a zip or tar, and the tables of labels beside them.

    Args:
        archive: The file; what it is, is told by its content.
        target: An empty folder.
        settings: Its limits are kept.
        progress: Called with `(files done, files in all)`.

    Returns:
        A sentence for each member that could not be unpacked; the others are there.

    Raises:
        ArchiveError: If it is no archive, or breaks a limit, or wants to write elsewhere.
        LayoutError: If there are neither images nor tables in it.
    """
    name = archive.name
    if archive.stat().st_size > settings.max_archive_bytes:
        raise ArchiveError(
            tr(
                "{name} has {size} MB; the limit is {limit} MB.",
                name=name,
                size=round(archive.stat().st_size / 1e6),
                limit=round(settings.max_archive_bytes / 1e6),
            ),
            tr("Make it smaller, or put the unpacked folder into the workspace's data folder."),
        )
    with _opened(archive, name, settings.max_archive_files) as members:
        return _extract_all(
            _checked(members, name, archive.stat().st_size, settings), target, progress
        )


def peek(archive: IO[bytes], name: str, target: Path, settings: Settings) -> list[str]:
    """List an archive's files and unpack only its tables.

    Args:
        archive: The file, open for reading.
        name: Its name, for messages.
        target: An empty folder for the tables.
        settings: Its limits are kept.

    Returns:
        Names of the images and tables in it.

    Raises:
        ArchiveError: As `unpack` does.
        LayoutError: Likewise.
    """
    packed = archive.seek(0, SEEK_END)
    archive.seek(0)
    with _opened(archive, name, settings.max_archive_files) as members:
        wanted = _checked(members, name, packed, settings)
        tables = [member for member in wanted if is_table_name(member.name)]
        _extract_all(tables, target, lambda done, total: None)
        there = set(files_below(target)[0])  # not those that are damaged
        names = [str(member.path) for member in wanted]
        return [name for name in names if name in there or not is_table_name(name)]


@contextmanager
def _opened(archive: Path | IO[bytes], name: str, most: int) -> Iterator[Iterator[_Member]]:
    try:
        with archive.open("rb") if isinstance(archive, Path) else nullcontext(archive) as file:
            tar = as_tar(file)
            if tar is not None:
                with tar:
                    yield _in_tar(tar)
            else:
                with zipfile.ZipFile(Pieces(file, most)) as opened:
                    yield _in_zip(opened)
    except _DAMAGED as error:
        raise ArchiveError(
            tr("{name} is no zip or tar, or is cut off: {error}.", name=name, error=str(error)),
            tr("Pack the folder again as a zip."),
        ) from error


def _in_zip(opened: zipfile.ZipFile) -> Iterator[_Member]:
    for m in opened.infolist():
        if not m.filename.endswith("/"):  # `is_dir` fails where there is no name at all
            yield _Member(
                zip_name(m),
                m.file_size,
                m.compress_size,
                stat.S_ISLNK(m.external_attr >> 16),
                bool(m.flag_bits & _FLAG_ENCRYPTED),
                lambda m=m: opened.open(m),  # type: ignore[misc]
            )


def _in_tar(opened: tarfile.TarFile) -> Iterator[_Member]:
    for m in opened:
        if m.size < 0:
            raise tarfile.ReadError("a size below nothing")
        # Devices and pipes are as little a file as a link is. Folders count as files do: a tar of
        # nothing else would keep its reader busy for days.
        yield _Member(
            tar_name(m.name),
            m.size,
            0,
            not (m.isreg() or m.isdir()),
            False,
            lambda m=m: opened.extractfile(m),  # type: ignore[misc]
            m.isdir(),
        )


def _checked(
    members: Iterator[_Member], name: str, packed: int, settings: Settings
) -> list[_Member]:
    """All members that are wanted, at least one, once every member has passed."""
    total, count = 0, 0
    # A tar has one packed size for all its files.
    swollen = settings.max_compression_ratio * packed
    most = min(settings.max_unpacked_bytes, swollen)
    limit = "UNPACKED_BYTES" if most < swollen else "COMPRESSION_RATIO"
    wanted: list[_Member] = []
    others: list[str] = []
    for member in members:
        total, count = total + (0 if member.is_folder else member.size), count + 1
        if count > settings.max_archive_files:
            raise ArchiveError(
                tr(
                    "{name} holds more than {limit} files.",
                    name=name,
                    limit=settings.max_archive_files,
                ),
                tr("Split it, or ask the operator to raise UNFREEZE_MAX_ARCHIVE_FILES."),
            )
        if member.is_folder:
            continue
        _check_member(member, name, settings)
        if total > most:
            raise ArchiveError(
                tr(
                    "{name} unpacks to more than {limit} MB.",
                    name=name,
                    limit=number(most / 1e6, 1),
                ),
                tr(
                    "Leave files out, or ask the operator to raise {setting}.",
                    setting=f"UNFREEZE_MAX_{limit}",
                ),
            )
        if not is_junk(member.name) and (is_image_name(member.name) or is_table_name(member.name)):
            wanted.append(member)
        elif len(others) < _TOLD and not is_junk(member.name):
            others.append(member.name)
    if not wanted:
        raise no_images(others)
    return wanted


def _check_member(member: _Member, name: str, settings: Settings) -> None:
    path = member.path
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ArchiveError(
            tr(
                "{name} wants to write outside its folder: {member}.",
                name=name,
                member=repr(member.name),
            ),
            tr("Pack the folder again, with plain relative names."),
        )
    if member.is_link:
        raise ArchiveError(
            tr(
                "{name} holds a link instead of a file: {member}.",
                name=name,
                member=repr(member.name),
            ),
            tr("Pack the files themselves."),
        )
    if member.is_encrypted:
        raise ArchiveError(
            tr("{name} is protected by a password.", name=name), tr("Pack it without one.")
        )
    if member.packed and member.size > settings.max_compression_ratio * member.packed:
        raise ArchiveError(
            tr(
                "{member} in {name} unpacks to {size} MB from {packed} MB.",
                member=repr(member.name),
                name=name,
                size=round(member.size / 1e6),
                packed=number(member.packed / 1e6, 2),
            ),
            tr(
                "Leave it out: such files are traps. Or ask the operator to raise "
                "UNFREEZE_MAX_COMPRESSION_RATIO."
            ),
        )


_DAMAGED_MEMBER = mark("{name} in the archive is damaged and was left out.")
_UNUSABLE_NAME = mark("{name} in the archive has a name that cannot be used and was left out.")


def _extract_all(members: list[_Member], target: Path, progress: Progress) -> list[str]:
    notes: list[str] = []
    for i, member in enumerate(members):
        reason = _extract(member, target)
        if reason:
            notes.append(tr(reason, name=member.name))
        progress(i + 1, len(members))
    return notes


def _extract(member: _Member, target: Path) -> str:
    """Unpack a member and return the problem, for `tr`; "" where there is none."""
    path = target / member.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        source = member.open()
        if source is None:
            return mark("{name} in the archive is no file and was left out.")
        with source:
            copy_whole(source, path)
    except FileExistsError:
        return mark("{name} in the archive has the name of another file and was left out.")
    except OSError as error:
        if error.errno in NO_SPACE:
            raise ArchiveError(
                tr("There is no space left on the disk."), tr("Make room first.")
            ) from error
        return _DAMAGED_MEMBER if error.errno is None else _UNUSABLE_NAME
    except _DAMAGED:
        return _DAMAGED_MEMBER
    return ""
