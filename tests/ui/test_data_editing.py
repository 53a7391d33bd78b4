"""Changing a data set on the Data page: gallery, copies across splits, a new split, undo."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset, DatasetStore
from core.datasets.importing import import_folder
from core.settings import Settings
from core.team.acting import TeamBooks
from core.team.database import TeamDatabase
from tests.datasets.pictures import jpeg, pets, silent, write_folder
from tests.tied import tied
from tests.ui.app import open_page, words

PAGE = "pages/1_Data.py"


@pytest.fixture
def dataset(settings: Settings) -> Dataset:
    files = pets(16, ("train", "train", "val", "test")) | {"train/cat/cut.jpg": jpeg()[:-99]}
    files["test/dog/copy.jpg"] = files["train/dog/00.jpg"]
    return import_folder(write_folder(settings.data_dir / "Pets", files), settings, silent)


def opened(view: str) -> AppTest:
    page = open_page(PAGE)
    page.segmented_control(key="data_view").set_value(view).run()
    assert not page.exception
    return page


def now(settings: Settings, dataset: Dataset) -> Dataset:
    return DatasetStore(settings.datasets_dir).get(dataset.id)


def row(dataset: Dataset, path: str) -> dict[str, object]:
    return dataset.manifest().set_index("path").loc[path].to_dict()


def test_filters_narrow_the_gallery_down(settings: Settings, dataset: Dataset) -> None:
    page = opened("images")
    assert "34 images" in words(page)

    page.selectbox(key="gallery_class").set_value("cat").run()
    page.selectbox(key="gallery_split").set_value("train").run()
    assert "9 images" in words(page)
    page.selectbox(key="gallery_issue").set_value("unreadable").run()

    assert "1 image" in words(page)
    assert [box.label.replace("\\", "") for box in page.checkbox] == [":material/info: cut.jpg"]


def test_a_class_may_be_called_all(settings: Settings) -> None:
    files = {name.replace("cat/", "all/"): data for name, data in pets(10).items()}
    import_folder(write_folder(settings.data_dir / "Pets", files), settings, silent)
    page = opened("images")
    assert "20 images" in words(page)

    page.selectbox(key="gallery_class").set_value("all").run()

    assert not page.exception
    assert "10 images" in words(page)


def test_a_second_page_shows_other_images(settings: Settings, dataset: Dataset) -> None:
    page = opened("images")
    first = {box.key for box in page.checkbox}
    page.pagination[0].set_value(2).run()

    assert not page.exception
    assert len(first) == 24
    assert not first & {box.key for box in page.checkbox}


def test_a_ticked_image_is_relabelled_and_it_can_be_undone(
    settings: Settings, dataset: Dataset
) -> None:
    page = opened("images")
    page.checkbox(key=f"tick_{dataset.version}_test/cat/03.jpg").check().run()
    page.selectbox(key="relabel_class").set_value("dog").run()
    page.button(key="relabel").click().run()

    assert not page.exception
    assert row(now(settings, dataset), "test/cat/03.jpg")["class_name"] == "dog"
    assert "1 change" in words(page)
    assert "test/cat/03.jpg relabelled as dog." in words(page)

    page.button(key="undo").click().run()
    assert not page.exception
    assert now(settings, dataset).version == dataset.version
    assert "1 change" not in words(page)


def test_an_image_is_left_out_and_taken_in_again(settings: Settings, dataset: Dataset) -> None:
    page = opened("images")
    page.checkbox(key=f"tick_{dataset.version}_test/cat/03.jpg").check().run()
    page.button(key="exclude").click().run()
    out = now(settings, dataset)
    assert not row(out, "test/cat/03.jpg")["usable"]

    page.selectbox(key="gallery_issue").set_value("excluded").run()
    page.checkbox(key=f"tick_{out.version}_test/cat/03.jpg").check().run()
    page.button(key="include").click().run()

    assert not page.exception
    assert row(now(settings, dataset), "test/cat/03.jpg")["usable"]


@pytest.mark.parametrize("button", ["gather", "leave_out"])
def test_copies_across_splits_are_shown_and_mended(
    settings: Settings, dataset: Dataset, button: str
) -> None:
    page = opened("issues")
    assert "1 picture is in more than one split" in words(page)
    page.button(key=button).click().run()

    assert not page.exception
    assert "leak" not in "".join(now(settings, dataset).manifest()["issues"])
    assert "more than one split" not in words(page)


def test_a_picture_in_two_classes_is_shown_and_mended(settings: Settings) -> None:
    files = pets(8)
    files["dog/cat.jpg"] = files["cat/00.jpg"]
    dataset = import_folder(write_folder(settings.data_dir / "Two", files), settings, silent)
    page = opened("issues")
    assert "1 picture is in more than one class" in words(page)
    notes = next(m.value for m in page.markdown if m.value.startswith(":material/info:"))
    assert f"17 images, {len(notes.splitlines())} notes" in words(page)
    page.button(key="leave_out_contested").click().run()

    assert not page.exception
    assert "more than one class" not in words(page)
    assert now(settings, dataset).manifest()["usable"].sum() == 15


@pytest.mark.parametrize("answer", ["different", "same"])
def test_images_that_look_alike_by_nature_are_judged_once(settings: Settings, answer: str) -> None:
    dataset = tied(settings)
    page = opened("issues")
    shown = words(page)
    assert "82 % of the images are in groups of near-duplicates" in shown
    assert "82 % of the images are near-duplicates by their looks" in shown
    # Three pairs of the one group; and nothing that hangs on the answer.
    assert len(re.findall(r"\*\* · (?:cat|dog)", shown)) == 6
    assert "picture is in more than one class" not in shown
    assert "no copies were found" not in shown
    assert page.segmented_control(key="data_view").options[2] == "Issues (2)"  # an exact copy
    page.button(key=f"near_duplicates_{answer}").click().run()

    assert not page.exception
    judged = now(settings, dataset)
    groups = judged.manifest()["group"]
    assert (groups > 0).sum() == (2 if answer == "different" else 34)
    assert "Are these the same images?" not in words(page)
    assert "near-duplicates by their looks" not in words(page)
    assert ("picture is in more than one class" in words(page)) == (answer == "same")
    assert "1 change" in words(page)
    recorded = (
        TeamBooks(TeamDatabase(settings.database_url)).audit.read(thing=dataset.id)[0].details
    )
    assert (recorded["edit"], recorded["value"]) == ("near_duplicates", answer)

    page.button(key="undo").click().run()
    assert not page.exception
    assert "Are these the same images?" in words(page)
    assert now(settings, dataset).version == dataset.version


def test_few_near_duplicates_raise_no_question(dataset: Dataset) -> None:
    page = opened("issues")

    assert "Are these the same images?" not in words(page)


def test_a_new_split_is_counted_before_it_is_made(settings: Settings, dataset: Dataset) -> None:
    page = opened("split")
    page.slider(key="split_shares").set_value((50, 75)).run()
    shown = [m.value for m in page.metric][-3:]
    page.button(key="apply_split").click().run()

    assert not page.exception
    counts = now(settings, dataset).manifest().query("usable")["split"].value_counts()
    assert shown == [f"{counts[split]}" for split in ("train", "val", "test")]
    assert counts["test"] in (8, 9)
    assert "Split by the app: 50 % train" in words(page)


def test_shares_that_leave_nothing_are_refused(settings: Settings, dataset: Dataset) -> None:
    page = opened("split")
    page.slider(key="split_shares").set_value((0, 50)).run()

    assert not page.exception
    assert "nothing to train" in words(page)


def test_files_that_a_text_ties_stay_together(settings: Settings) -> None:
    files = {
        f"{name}/patient{i // 2}_{i % 2}.jpg": jpeg(50 * label + i)
        for label, name in enumerate(("ill", "well"))
        for i in range(20)
    }
    dataset = import_folder(write_folder(settings.data_dir / "Scans", files), settings, silent)
    page = opened("split")
    page.selectbox(key="split_tie").set_value("after").run()
    page.text_input(key="split_text").set_value("patient").run()
    page.button(key="apply_split").click().run()

    table = now(settings, dataset).manifest()
    assert not page.exception
    by_patient = table.groupby(table["path"].str.extract(r"(patient\d+)")[0])["split"]
    assert (by_patient.nunique() == 1).all()
    assert table["split"].nunique() == 3


def test_files_that_were_exchanged_are_named_until_they_are_back(dataset: Dataset) -> None:
    files = [dataset.root / f"{split}/cat/00.jpg" for split in ("train", "train")]
    files[1] = dataset.root / "train/cat/01.jpg"
    whole = [file.read_bytes() for file in files]
    files[0].write_bytes(whole[1])
    files[1].write_bytes(b"no image any more")

    page = open_page(PAGE)
    assert "Changed since the scan, or not to be read: train/cat/00.jpg, train/cat/01.jpg" in words(
        page
    )
    page.segmented_control(key="data_view").set_value("images").run()
    assert words(page).count("changed since the scan") == 2
    page.button(key="large_train/cat/00.jpg").click().run()
    assert "train/cat/00.jpg has changed since the data set was scanned. Put the" in words(page)

    for file, data in zip(files, whole, strict=True):
        file.write_bytes(data)
    assert "hanged since the scan" not in words(page.run())
    assert not page.exception
