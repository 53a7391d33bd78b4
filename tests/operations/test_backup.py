"""A workspace is saved while it is in use, and put back whole or not at all."""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.backup import restore, save
from core.backup.save import BEGINNING, END
from core.config import HeadConfig
from core.datasets import Dataset, DatasetStore
from core.errors import BackupError
from core.files import write_json
from core.jobs.state import write_status
from core.runs import RunState, RunStore
from core.runs.metrics_log import MetricsWriter, read_metrics
from core.runs.run import RunStatus
from core.settings import APP_ROOT, Settings


def elsewhere(settings: Settings) -> Settings:
    return replace(settings, workspace=settings.workspace.with_name("restored"))


def backup_of(path: Path, members: list[tarfile.TarInfo], count: int | None = None) -> Path:
    """A backup made by somebody else."""
    with tarfile.open(path, "w") as tar:
        for name, record in ((BEGINNING, {"version": 1}), (END, {"files": count or len(members)})):
            if name == END:
                for member in members:
                    member.size = 3 if member.isreg() else 0
                    tar.addfile(member, io.BytesIO(b"abc"))
            info, data = tarfile.TarInfo(name), json.dumps(record).encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_everything_comes_back(
    settings: Settings, make_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    dataset = make_dataset()
    run = RunStore(settings.runs_dir).create(HeadConfig(dataset.id, dataset.version), "Squares")
    write_status(run.path, RunStatus(state=RunState.RUNNING, started=1.0))
    (settings.features_dir / "key").mkdir(parents=True)
    (settings.features_dir / "key" / "features.npy").write_bytes(b"large")
    new = elsewhere(settings)

    saved = save(settings, tmp_path / "backup.tar.gz")
    count = restore(new, tmp_path / "backup.tar.gz")

    again = DatasetStore(new.datasets_dir).get(dataset.id)
    assert again.manifest().equals(dataset.manifest())
    assert all((again.root / path).is_file() for path in again.manifest()["path"])
    assert count == saved.files and saved.left_out == ()
    assert RunStore(new.runs_dir).get(run.id).config == run.config
    assert not new.features_dir.exists()
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o077 == 0


def test_a_run_that_goes_on_can_be_resumed_after_a_restore(
    settings: Settings, tmp_path: Path
) -> None:
    run = RunStore(settings.runs_dir).create(HeadConfig("data", "v"))
    write_status(run.path, RunStatus(state=RunState.RUNNING, started=1.0))
    heartbeat = run.path / "heartbeat"
    heartbeat.touch()
    ended = threading.Event()

    def work() -> None:
        writer, epoch = MetricsWriter(run.metrics_path), 0
        while not ended.is_set():
            epoch += 1
            writer.write(event="epoch", epoch=epoch, val_accuracy=0.5)
            write_json(
                run.path / "status.json", {"state": "running", "started": 1.0, "done": epoch}
            )

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while not RunStore(settings.runs_dir).get(run.id).status.done:
            time.sleep(0.01)
        for number in range(5):
            save(settings, tmp_path / f"{number}.tar")
    finally:
        ended.set()
        worker.join()
    new = elsewhere(settings)
    restore(new, tmp_path / "4.tar")

    back = RunStore(new.runs_dir).get(run.id)
    rows = read_metrics(back.metrics_path)
    assert back.status.done > 0
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= back.status.done - 1


def test_the_database_is_copied_while_it_is_written_to(settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(settings.workspace / "team.db")) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE notes (text TEXT)")
        live.execute("INSERT INTO notes VALUES ('kept')")
        live.commit()
        live.execute("INSERT INTO notes VALUES ('not yet')")  # somebody is in the middle of it
        save(settings, tmp_path / "backup.tar")
    new = elsewhere(settings)
    restore(new, tmp_path / "backup.tar")

    with closing(sqlite3.connect(new.workspace / "team.db")) as copy:
        assert copy.execute("SELECT text FROM notes").fetchall() == [("kept",)]
    assert [path.name for path in new.workspace.iterdir()] == ["team.db"]


def test_links_are_told_and_left_out(settings: Settings, tmp_path: Path) -> None:
    (settings.workspace / "link").symlink_to("/etc/passwd")

    saved = save(settings, tmp_path / "backup.tar")

    assert saved.left_out == ("link",) and saved.files == 0


def test_a_workspace_that_is_in_use_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    (settings.workspace / "precious").write_text("x")
    save(settings, tmp_path / "backup.tar")

    with pytest.raises(BackupError, match="not empty"):
        restore(settings, tmp_path / "backup.tar")

    assert (settings.workspace / "precious").read_text() == "x"


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("/tmp/outside-of-everything"),  # noqa: S108 - a name in a tar
        member("runs/../../outside"),
        member("runs\\..\\outside"),
        member("link", tarfile.SYMTYPE, "/etc"),
        member("hard", tarfile.LNKTYPE, "../../etc/passwd"),
        member("device", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: info.name,
)
def test_a_backup_that_wants_to_write_elsewhere_is_refused(
    settings: Settings, tmp_path: Path, bad: tarfile.TarInfo
) -> None:
    path = backup_of(tmp_path / "backup.tar", [member("fine"), bad])

    with pytest.raises(BackupError, match="no plain file"):
        restore(settings, path)

    assert list(settings.workspace.iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_half_a_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    for place in range(20):
        (settings.workspace / f"file-{place}").write_bytes(b"x" * 5_000)
    save(settings, tmp_path / "whole.tar")
    data = (tmp_path / "whole.tar").read_bytes()
    new = elsewhere(settings)

    for share in (0.0, 0.3, 0.6, 0.9):
        (tmp_path / "half.tar").write_bytes(data[: int(share * len(data))])
        with pytest.raises(BackupError):
            restore(new, tmp_path / "half.tar")
        assert list(new.workspace.iterdir()) == []


def test_another_tar_is_no_backup(settings: Settings, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(APP_ROOT / "README.md", "README.md")

    with pytest.raises(BackupError, match="no backup"):
        restore(settings, tmp_path / "other.tar")


def test_the_command_saves_and_restores(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.workspace / "file").write_text("x")
    command = [sys.executable, "-m", "core.backup"]
    file = str(tmp_path / "backup.tar")

    done = subprocess.run([*command, "save", file], cwd=APP_ROOT, capture_output=True, check=True)
    again = subprocess.run([*command, "restore", file], cwd=APP_ROOT, capture_output=True)
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path / "new"))
    subprocess.run([*command, "restore", file], cwd=APP_ROOT, capture_output=True, check=True)

    assert b"1 files" in done.stdout
    assert again.returncode == 1
    assert (tmp_path / "new" / "file").read_text() == "x"
