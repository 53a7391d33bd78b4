"""What folders take on disk is measured again once something in them has changed."""

import os
import shutil
import time
from pathlib import Path

import pytest

from core import files, sizes
from core.config import HeadConfig
from core.runs import RunState, RunStatus, RunStore
from core.runs.store import write_status
from core.sizes import FolderSizes


@pytest.fixture(autouse=True)
def young_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds may pass within any test."""
    monkeypatch.setattr(files, "_YOUNG_NS", 3600 * 10**9)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / sizes.NAME


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the folders that were walked through."""
    names: list[str] = []
    measure = sizes._measure

    def counted(folder: Path) -> tuple[sizes._Measured, bool]:
        names.append(folder.name)
        return measure(folder)

    monkeypatch.setattr(sizes, "_measure", counted)
    return names


def folder(parent: Path, name: str = "run") -> Path:
    """Ten bytes in a folder and a hundred in one inside, all of yesterday."""
    made = parent / name
    (made / "inside").mkdir(parents=True)
    (made / "a").write_bytes(bytes(10))
    (made / "inside" / "b").write_bytes(bytes(100))
    age(made)
    return made


def age(made: Path) -> None:
    yesterday = time.time() - 86_400
    for path in (*made.rglob("*"), made):
        os.utime(path, (yesterday, yesterday))


def test_a_folder_is_walked_through_once(index: Path, walked: list[str]) -> None:
    kept, made = FolderSizes(index), folder(index.parent)

    assert [kept.of(made) for _ in range(3)] == [110, 110, 110]
    assert walked == ["run"]


def test_and_again_after_a_change_deep_inside(index: Path, walked: list[str]) -> None:
    kept, made = FolderSizes(index), folder(index.parent)
    kept.of(made)
    (made / "inside" / "c").write_bytes(bytes(1000))
    assert kept.of(made) == 1110
    (made / "inside" / "c").write_bytes(bytes(2000))  # in one tick, perhaps

    assert kept.of(made) == 2110
    (made / "inside" / "c").unlink()
    assert kept.of(made) == 110


def test_the_next_process_reads_what_was_measured(
    index: Path, walked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "_UNWRITTEN", 2)
    made = [folder(index.parent, name) for name in ("one", "two")]
    before = [FolderSizes(index).of(path) for path in made]
    kept = FolderSizes(index)
    assert [kept.of(path) for path in made] == before
    walked.clear()

    assert [FolderSizes(index).of(path) for path in made] == before
    assert not walked


@pytest.mark.parametrize("content", ["", "[]", '{"run": 3}', '{"run": [1, {}]}', '{"run": [1, 2]}'])
def test_an_index_that_cannot_be_read_is_made_anew(index: Path, content: str) -> None:
    index.write_text(content)

    assert FolderSizes(index).of(folder(index.parent)) == 110


def test_what_was_deleted_leaves_the_index(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "_UNWRITTEN", 1)
    kept = FolderSizes(index)
    gone = folder(index.parent, "gone")
    kept.of(gone)
    shutil.rmtree(gone)
    kept.of(folder(index.parent, "there"))

    assert kept.of(gone) == 0
    assert '"gone"' not in index.read_text()
    assert '"there"' in index.read_text()


def test_a_run_that_goes_on_is_measured_every_time(tmp_path: Path, walked: list[str]) -> None:
    run = RunStore(tmp_path).create(HeadConfig("d", "v1"))
    write_status(run.path, RunStatus(RunState.RUNNING))
    later = time.time() + 3600
    age(run.path)
    (run.path / "heartbeat").touch()
    os.utime(run.path / "heartbeat", (later, later))
    before = RunStore(tmp_path).get(run.id).disk_bytes
    with (run.path / "worker.log").open("ab") as log:
        age(run.path)
        os.utime(run.path / "heartbeat", (later, later))
        between = RunStore(tmp_path).get(run.id).disk_bytes
        log.write(bytes(500))

    assert (between, RunStore(tmp_path).get(run.id).disk_bytes) == (before, before + 500)
