"""Names of an archive's members, in whatever writing system they were packed.

A zip says of a name that it is UTF-8, or says nothing; macOS says nothing and means UTF-8, and
Windows means the code page of its country. A tar never says.
"""

from __future__ import annotations

import re
import zipfile

_SAYS_UTF8 = 0x800
_HIGH = re.compile(rb"[\x80-\xff]+")
# Letters of the Russian code page, and its sign for a number.
_CYRILLIC = re.compile(rb"[\x80-\xaf\xe0-\xf1\xfc]+")
# An accent inside a Latin word; Cyrillic words hold no Latin letters.
_LATIN_WORD = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")


def zip_name(member: zipfile.ZipInfo) -> str:
    """The name of a zip's member."""
    if member.flag_bits & _SAYS_UTF8 or member.filename.isascii():
        return member.filename
    try:
        # What Python took the bytes for, where the zip says nothing.
        return decoded(member.filename.encode("cp437"))
    except UnicodeEncodeError:
        return member.filename


def tar_name(name: str) -> str:
    """The name of a tar's member; what is not UTF-8 in it came as surrogates."""
    return name if name.isprintable() else decoded(name.encode("utf-8", "surrogateescape"))


def decoded(raw: bytes) -> str:
    """Text of a path's bytes: UTF-8, else the Russian code page or the Western one.

    Part by part, so that a folder is called the same in the path of each of its files.
    """
    return "/".join(_decoded_part(part) for part in raw.split(b"/"))


def _decoded_part(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        runs = _HIGH.findall(raw)
        letters = all(_CYRILLIC.fullmatch(run) for run in runs)
        words = max(map(len, runs)) > 1 and not _LATIN_WORD.search(raw)
        return raw.decode("cp866" if letters and words else "cp437")
