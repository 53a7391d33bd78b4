"""Every file of the malformed corpus gets its right treatment, everywhere the same."""

from pathlib import Path

import numpy as np
import pytest

from core.datasets.decode import decode_bytes
from core.datasets.facts import inspect
from core.datasets.health import ISSUES
from core.datasets.importing import import_folder
from core.errors import InvalidImageError
from core.settings import Settings
from tests.datasets.malformed import Entry, corpus
from tests.datasets.pictures import pets, silent, write_folder

CORPUS = corpus()
MAX_PIXELS = 100_000_000


def codes(issues: str) -> set[str]:
    return {code for code in issues.split(";") if code}


def is_left_out(issues: str) -> bool:
    return any(not ISSUES[code].usable for code in codes(issues))


def test_the_corpus_is_as_large_as_it_says() -> None:
    names = [name for name, _, _ in CORPUS]

    assert len(set(names)) == len(names) >= 60
    assert sum(is_left_out(issues) for _, _, issues in CORPUS) >= 45


@pytest.mark.parametrize("entry", CORPUS, ids=[name for name, _, _ in CORPUS])
def test_each_file_gets_its_right_treatment(entry: Entry, tmp_path: Path) -> None:
    name, data, expected = entry
    path = tmp_path / name
    path.write_bytes(data)

    assert codes(inspect(path, MAX_PIXELS).issues) == codes(expected)

    if is_left_out(expected):
        with pytest.raises(InvalidImageError) as caught:
            decode_bytes(data, name, 16)
        assert name in caught.value.what
    else:
        pixels = decode_bytes(data, name, 16)
        assert (pixels.shape, pixels.dtype) == ((16, 16, 3), np.uint8)


def test_a_data_set_of_them_is_brought_in_and_every_file_is_told(settings: Settings) -> None:
    files = pets(20) | {f"cat/{name}": data for name, data, _ in CORPUS}
    folder = write_folder(settings.data_dir / "Trouble", files)

    table = import_folder(folder, settings, silent).manifest().set_index("path")

    assert len(table) == len(files)
    for name, _, expected in CORPUS:
        row = table.loc[f"cat/{name}"]
        assert row["usable"] == (not is_left_out(expected)), name
        assert codes(expected) <= codes(row["issues"]), name
