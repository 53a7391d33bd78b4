"""Checking a data set again: a new version, and the one before stays as it was."""

from pathlib import Path

from core.datasets import DatasetStore
from core.datasets.edits import Edit, add_edit, edits_of
from core.datasets.importing import check_again, import_folder
from core.settings import Settings
from tests.datasets.pictures import encoded, picture, silent, write_folder


def test_groups_of_an_earlier_search_are_replaced_and_its_version_stays(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path / "workspace")
    files = {
        f"{name}/{i:02d}.png": encoded(picture(40 * place + i, (64, 64)), "PNG")
        for place, name in enumerate(("cat", "dog"))
        for i in range(20)
    }
    write_folder(settings.data_dir / "pets", files)
    dataset = import_folder(settings.data_dir / "pets", settings, silent)
    store = DatasetStore(settings.datasets_dir)
    tied = dataset.manifest().assign(group=1, split="train")
    before = store.save(
        dataset.id, dataset.name, tied, dataset.class_names, dataset.root, notes=dataset.notes
    )
    before = add_edit(store, before, Edit("exclude", ("cat/03.png",)))

    after = check_again(before, settings, silent)

    assert after.version != before.version
    table = after.manifest().set_index("path")
    assert not table["group"].any()
    assert set(table["split"]) == {"train", "val", "test"}
    assert not table.loc["cat/03.png", "usable"]
    assert len(edits_of(after)) == 1
    assert store.get(before.id, before.version).manifest()["group"].eq(1).all()
