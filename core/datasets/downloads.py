"""Data sets that are downloaded by name. To add one, add a row to `DOWNLOADS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.datasets.download import RemoteFile, fetch
from core.datasets.importing import import_zip
from core.datasets.store import Dataset, DatasetStore
from core.errors import DatasetError
from core.language import mark, tr
from core.settings import Settings

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Download:
    """One data set on a server.

    Attributes:
        key: Names it in code.
        title: What people call it, for `tr`.
        sentence: What it is, for `tr`.
        images: How many files it holds.
        licence: Its terms, in a few words, for `tr`.
        remote: The archive.
    """

    key: str
    title: str
    sentence: str
    images: int
    licence: str
    remote: RemoteFile


# Sizes and checksums as TensorFlow Datasets publishes them; of the small cats and dogs nobody
# publishes a checksum.
DOWNLOADS = (
    Download(
        "cats_and_dogs_small",
        mark("Cats and dogs, 3,000 images"),
        mark("The article's task in a handy size: 2,000 images to train, 1,000 to validate."),
        3_000,
        mark("Microsoft Research, for research and teaching"),
        RemoteFile(
            "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
            68_606_236,
        ),
    ),
    Download(
        "cats_and_dogs",
        mark("Cats and dogs, 25,000 images"),
        mark(
            "The article's whole task. Some of its files are damaged; they are found and left out."
        ),
        25_000,
        mark("Microsoft Research, for research and teaching"),
        RemoteFile(
            "https://download.microsoft.com/download/3/E/1/"
            "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
            824_887_076,
            "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
        ),
    ),
    Download(
        "flowers",
        mark("Flowers, 3,670 photographs"),
        mark(
            "Daisies, dandelions, roses, sunflowers and tulips, from photographers who share them."
        ),
        3_670,
        mark("CC BY, each photographer named in the archive"),
        RemoteFile(
            "https://storage.googleapis.com/download.tensorflow.org/example_images/"
            "flower_photos.tgz",
            228_813_984,
            "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
        ),
    ),
)


def downloads_dir(settings: Settings) -> Path:
    """Folder for archives, downloaded or put there by hand."""
    return settings.workspace / "downloads"


def load_download(
    key: str,
    settings: Settings,
    received: Progress,
    progress: Progress,
    table: tuple[Download, ...] = DOWNLOADS,
) -> Dataset:
    """Downloads and imports a data set of the table.

    An archive that lies in `downloads/` already, put there by hand on a machine without
    internet, is used as it is once its size is right.

    Args:
        key: Its row.
        settings: Workspace and limits.
        received: Called with `(bytes there, bytes in all)`.
        progress: Called with `(files done, files in all)` of the import.
        table: The rows.

    Returns:
        The data set. The archive is deleted once its images are in.

    Raises:
        DatasetError: If there is no such row, it cannot be had, or it cannot be imported.
    """
    row = next((row for row in table if row.key == key), None)
    if row is None:
        raise DatasetError(
            tr("There is no download {key}.", key=repr(key)), tr("Choose one on the Data page.")
        )
    source = f"download {row.remote.name}"
    for dataset in DatasetStore(settings.datasets_dir).list():
        if dataset.source == source:
            return dataset
    archive = fetch(row.remote, downloads_dir(settings), received)
    dataset = import_zip(archive, tr(row.title), settings, progress, source)
    archive.unlink()
    return dataset
