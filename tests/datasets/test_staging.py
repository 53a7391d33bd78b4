"""An import that dies leaves nothing that stays, and no import meets half of another."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.datasets.importing import import_zip
from core.datasets.staging import publish, staging
from core.datasets.store import DatasetStore
from core.settings import APP_ROOT, Settings
from tests.datasets.pictures import pets, silent, write_zip

KILLED = """
import os, signal, sys
from pathlib import Path
from core.settings import Settings
from core.datasets.importing import import_zip

def die(done, total):
    if done == 5:
        os.kill(os.getpid(), signal.SIGKILL)

import_zip(Path(sys.argv[1]), "Pets", Settings(workspace=Path(sys.argv[2])), die)
"""


def hidden(settings: Settings) -> list[str]:
    return [path.name for path in settings.datasets_dir.glob(".*")]


def test_what_a_killed_import_left_goes_with_the_next(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "pets.zip", pets())
    command = [sys.executable, "-c", KILLED, str(archive), str(settings.workspace)]
    died = subprocess.run(command, cwd=APP_ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(hidden(settings)) == 1
    assert DatasetStore(settings.datasets_dir).list() == []

    dataset = import_zip(archive, "Pets", settings, silent)

    assert len(dataset.manifest()) == 20
    assert hidden(settings) == []


def test_an_import_that_goes_on_is_left_alone(settings: Settings) -> None:
    with staging(settings.datasets_dir) as first:
        with staging(settings.datasets_dir) as second:
            assert first != second
        assert first.is_dir()


def test_of_another_machines_imports_only_old_ones_go(settings: Settings) -> None:
    young, old = (settings.datasets_dir / f".import-elsewhere-1-{name}" for name in ("a", "b"))
    for folder in (young, old):
        folder.mkdir(parents=True)
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))

    with staging(settings.datasets_dir):
        pass

    assert hidden(settings) == [young.name]


def test_the_quicker_of_two_imports_of_one_zip_stays(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "pets.zip", pets())
    inner = []

    def meanwhile(done: int, total: int) -> None:
        if done == 20 and not inner:
            inner.append(import_zip(archive, "Pets", settings, silent))

    outer = import_zip(archive, "Pets", settings, meanwhile)

    assert outer == inner[0]
    assert len(outer.manifest()) == 20
    assert (outer.root / "cat/00.jpg").is_file()


def test_a_folder_without_a_record_gives_way(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "pets.zip", pets())
    dataset = import_zip(archive, "Pets", settings, silent)
    (dataset.path / "dataset.json").unlink()

    again = import_zip(archive, "Pets", settings, silent)

    assert again.id == dataset.id
    assert len(again.manifest()) == 20


def test_what_is_there_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    dataset = import_zip(write_zip(tmp_path / "p.zip", pets()), "Pets", settings, silent)
    with staging(settings.datasets_dir) as folder:
        made = folder / dataset.id
        made.mkdir()

        assert publish(made, settings.datasets_dir) == dataset
