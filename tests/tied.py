"""A data set in which most images are in one group of near-duplicates."""

from core.datasets import Dataset, DatasetStore
from core.datasets.copies import mark_copies
from core.datasets.importing import import_zip
from core.datasets.split import complete_splits
from core.settings import Settings
from tests.datasets.pictures import pets, silent, write_zip


def tied(settings: Settings, splits: tuple[str, ...] = ()) -> Dataset:
    """A data set in which one group holds most images, and one file lies there twice."""
    files = pets(20, splits)
    first = next(iter(files))
    files[first.replace("00", "again")] = files[first]
    zipped = write_zip(settings.workspace / "Parts.zip", files)
    dataset = import_zip(zipped, "Parts", settings, silent)
    table = dataset.manifest()
    copied = table["sha256"].duplicated(keep=False)
    table = table.assign(group=(copied | (table["path"].str[-6:-4] > "03")).astype("int64"))
    notes = [*dataset.notes]
    if not splits:
        table, notes = complete_splits(table.assign(split=""))
    return DatasetStore(settings.datasets_dir).save(
        dataset.id,
        dataset.name,
        mark_copies(table),
        dataset.class_names,
        dataset.root,
        notes=tuple(notes),
    )
