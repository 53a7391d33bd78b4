"""What an operator hands in damaged: Streamlit's own files, and backups."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from core.backup import restore
from core.backup.save import BEGINNING, VERSION
from core.doctor.listening import configured
from core.errors import BackupError
from core.settings import Settings


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('server = "x"', "server is no table"),
        ("server = [1]", "server is no table"),
        ('[server]\nport = "x"', "the port is no number: 'x'"),
        ("[server]\nport = 1e999", "the port is no number"),
        ("[server]\nport = -1", "the port is no number"),
        ("a = " + "[" * 100_000, "config.toml"),
        ("\x00", "config.toml"),
    ],
)
def test_settings_that_are_none_are_told(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(text)

    found = configured(tmp_path)

    assert why in found.unreadable
    assert found.port == 8501


def backup(*members: tuple[str, int, str, bytes]) -> bytes:
    """A backup of members with name, size and time as told, whatever they hold."""
    beginning = json.dumps({"version": VERSION}).encode()
    file = io.BytesIO()
    for name, size, moment, data in ((BEGINNING, len(beginning), "1", beginning), *members):
        member = tarfile.TarInfo(name)
        member.pax_headers = {"size": str(size), "mtime": moment}
        file.write(member.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512))
    return file.getvalue() + bytes(1024)


@pytest.mark.parametrize(
    "data",
    [
        backup(("runs/r/config.json", 2, "nan", b"{}")),
        backup(("runs/r/config.json", 2, "1e300", b"{}")),
        backup(("runs/r/config.json", -1024, "1", b"")),
        backup(("unfreeze-backup-end.json", 1000, "1", b"[" * 1000)),
        backup(("n" * 400_000, 2, "1", b"{}")),
        gzip.compress(backup(("runs/r/config.json", 2, "1", b"{}")))[:-40],
        b"",
    ],
)
def test_a_damaged_backup_leaves_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "backup.tar").write_bytes(data)

    with pytest.raises(BackupError, match=r"backup"):
        restore(Settings(tmp_path / "workspace"), tmp_path / "backup.tar")

    assert not list((tmp_path / "workspace").iterdir())
