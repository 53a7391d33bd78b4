"""A folder that somebody changes while it is read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.datasets.folder import files_below
from core.datasets.label_table import find_table
from core.datasets.scan import read_files
from core.errors import LayoutError
from tests.datasets.pictures import jpeg, silent

TAKEN: list[tuple[str, Callable[[Path], None]]] = [
    ("gone", lambda path: None),
    ("a folder", Path.mkdir),
    ("a pipe", lambda path: os.mkfifo(path)),
]


@pytest.mark.parametrize(("what", "take"), TAKEN[:2])
def test_a_table_that_is_replaced_is_told(
    tmp_path: Path, what: str, take: Callable[[Path], None]
) -> None:
    take(tmp_path / "labels.csv")

    with pytest.raises(LayoutError, match=r"labels\.csv cannot be read"):
        find_table(tmp_path, ["labels.csv", "1.jpg"])


@pytest.mark.parametrize(("what", "take"), TAKEN)
def test_what_is_no_file_any_more_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, take: Callable[[Path], None]
) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg())
    take(tmp_path / "2.jpg")
    # As they were when the folder was listed.
    monkeypatch.setattr(os, "walk", lambda root: [(str(root), [], ["1.jpg", "2.jpg"])])

    assert files_below(tmp_path) == (["1.jpg"], [])


def test_an_image_that_became_a_folder_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").mkdir()
    (tmp_path / "2.jpg").write_bytes(jpeg())

    facts = read_files([tmp_path / "1.jpg", tmp_path / "2.jpg"], 10_000_000, silent)

    assert [fact.issues == "unreadable" for fact in facts] == [True, False]
