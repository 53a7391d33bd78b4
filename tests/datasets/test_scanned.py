"""Only what a scan has let pass is decoded as part of a data set; what lies there now is named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import Dataset, DatasetStore
from core.datasets import scanned as module
from core.datasets.importing import import_folder, import_zip
from core.datasets.scanned import ScannedImage, decoded, images_named, scanned_images
from core.errors import ChangedFileError, InvalidImageError
from core.settings import Settings
from tests.datasets.pictures import encoded, jpeg, pets, picture, silent, write_folder, write_zip
from tests.decoded import decode, scanned


@pytest.fixture
def image(tmp_path: Path) -> ScannedImage:
    path = tmp_path / "cat" / "a.png"
    path.parent.mkdir()
    path.write_bytes(encoded(picture(1), "PNG"))
    return scanned(path)._replace(root=str(tmp_path), name="cat/a.png")


def another_size(path: Path) -> None:
    path.write_bytes(encoded(picture(2), "PNG"))


def same_size(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)  # nobody ever writes into it


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def endless(path: Path) -> None:
    os.truncate(path, 10**13)


def nothing(path: Path) -> None:
    path.unlink()


def no_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    "swap", [another_size, same_size, a_pipe, a_folder, a_device, endless, nothing, no_folder]
)
def test_what_was_put_in_its_place_is_named_and_not_decoded(
    image: ScannedImage, swap: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "decode_bytes", lambda *_: pytest.fail("it was decoded"))
    swap(image.path)

    with pytest.raises(ChangedFileError, match=r"cat/a\.png") as caught:
        image.decode(16)

    assert "scan its folder again" in caught.value.way_out


def test_what_was_scanned_is_decoded_wherever_it_lies_now(
    image: ScannedImage, tmp_path: Path
) -> None:
    expected = decode(image.path, 16)
    elsewhere = tmp_path / "elsewhere.png"
    shutil.move(image.path, elsewhere)
    image.path.symlink_to(elsewhere)

    np.testing.assert_array_equal(image.decode(16), expected)


def test_a_file_that_the_scan_could_not_read_is_not_tried_again(image: ScannedImage) -> None:
    with pytest.raises(InvalidImageError, match="could not be read when") as caught:
        image._replace(sha256="").decode(16)

    assert not isinstance(caught.value, ChangedFileError)


def test_those_that_have_changed_are_left_out_and_the_others_keep_their_places(
    image: ScannedImage, tmp_path: Path
) -> None:
    path = tmp_path / "b.png"
    Image.new("RGB", (8, 8), (9, 9, 9)).save(path)

    images, kept = decoded([image._replace(size=1), scanned(path)], 8)
    none, _ = decoded([image._replace(size=1)], 8)

    assert kept.tolist() == [False, True]
    assert (images == 9).all() and images.shape == (1, 8, 8, 3)
    assert none.shape == (0, 8, 8, 3)


def every_image(dataset: Dataset) -> int:
    table = dataset.manifest()
    return len([file.decode(8) for file in scanned_images(dataset.root, table[table["usable"]])])


def test_a_data_set_folder_from_another_machine_works(settings: Settings, tmp_path: Path) -> None:
    dataset = import_zip(write_zip(tmp_path / "pets.zip", pets()), "Pets", settings, silent)
    there = tmp_path / "another machine" / "datasets"
    there.mkdir(parents=True)
    shutil.copytree(dataset.path, there / dataset.id, copy_function=shutil.copyfile)
    shutil.rmtree(dataset.path)

    assert every_image(DatasetStore(there).get(dataset.id)) == 20


def test_a_new_scan_takes_a_change_in(settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "Pets", pets())
    before = import_folder(folder, settings, silent)
    (folder / "cat/03.jpg").write_bytes(jpeg(77))
    with pytest.raises(ChangedFileError, match=r"cat/03\.jpg"):
        every_image(before)

    after = import_folder(folder, settings, silent)

    assert every_image(after) == 20
    assert images_named(after, ["cat/03.jpg", "cat/99.jpg"]).keys() == {"cat/03.jpg"}
    with pytest.raises(ChangedFileError, match=r"cat/03\.jpg"):  # a run keeps the version it used
        every_image(DatasetStore(settings.datasets_dir).get(before.id, before.version))
