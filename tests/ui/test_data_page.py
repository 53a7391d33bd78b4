"""The Data page: nothing there yet, samples, a zip, a folder, what is wrong."""

import json
import os
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.datasets import DatasetStore
from core.datasets.bundled import load_bundled
from core.datasets.importing import import_zip
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder, write_zip
from tests.ui.app import open_page, words

PAGE = "pages/1_Data.py"


def view(page: AppTest, name: str) -> None:
    page.segmented_control(key="data_view").set_value(name).run()
    assert not page.exception


def labels(page: AppTest) -> str:
    return " ".join(expander.label for expander in page.expander)


def test_nothing_there_yet(settings: Settings) -> None:
    page = open_page(PAGE)

    assert not page.exception
    assert "Choose a sample to begin with" in words(page)


def test_a_sample_is_one_press_away(settings: Settings) -> None:
    page = open_page(PAGE)
    page.button(key="use_clipart").click().run()

    assert not page.exception
    shown = {metric.label: metric.value for metric in page.metric}
    assert (shown["Images"], shown["Classes"], shown["Test"]) == ("520", "8", "178")
    bars = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["training", "validation", "test"]
    view(page, "issues")
    assert "near-duplicate in the same split · kept" in labels(page)


def test_mean_images_are_shown_on_request(settings: Settings) -> None:
    load_bundled("clipart", settings)
    page = open_page(PAGE)
    assert len(page.get("plotly_chart")) == 2
    page.toggle(key="show_means").set_value(True).run()

    assert not page.exception
    pictures = json.loads(page.get("plotly_chart")[2].proto.spec)["data"]
    assert [picture["name"] for picture in pictures][:2] == ["bird", "bug"]


def test_a_zip_is_brought_in_and_its_broken_files_are_named(
    settings: Settings, tmp_path: Path
) -> None:
    files = pets() | {"cat/cut_off.jpg": jpeg()[:-99], "dog/empty.jpg": b""}
    data = write_zip(tmp_path / "pets.zip", files).read_bytes()
    page = open_page(PAGE)
    page.file_uploader(key="zip").set_value([("pets.zip", data, "application/zip")]).run()
    page.button(key="import_zip").click().run()

    assert not page.exception
    assert {m.label: m.value for m in page.metric}["Images"] == "20"
    assert "2 files are left out" in words(page)
    view(page, "issues")
    names = "\n".join(block.value for block in page.code)
    assert "cat/cut_off.jpg" in names
    assert "dog/empty.jpg" in names
    assert "damaged or cut off · left out" in labels(page)


def test_what_is_no_zip_is_told_and_nothing_is_lost(settings: Settings) -> None:
    load_bundled("digits", settings)
    page = open_page(PAGE)
    page.file_uploader(key="zip").set_value([("pets.zip", b"nonsense", "application/zip")]).run()

    assert not page.exception
    assert "pets.zip is no zip" in words(page)
    assert "1,797" in [metric.value for metric in page.metric]


def test_a_folder_in_the_workspace_is_offered(settings: Settings) -> None:
    write_folder(settings.data_dir / "Pets", pets())
    page = open_page(PAGE)
    page.selectbox(key="folder").select("Pets").run()
    assert "20 images in 2 classes" in words(page)
    assert "told by class folders" in words(page)
    page.button(key="import_folder").click().run()

    assert not page.exception
    assert [d.name for d in DatasetStore(settings.datasets_dir).list()] == ["Pets"]
    assert "Split by the app" in words(page)


def test_a_folder_that_is_not_recognised_is_told_before_it_is_read(settings: Settings) -> None:
    write_folder(settings.data_dir / "Loose", {"1.jpg": jpeg(), "2.jpg": jpeg(1)})
    page = open_page(PAGE)
    page.selectbox(key="folder").select("Loose").run()

    assert not page.exception
    assert "lie in no class folder" in words(page)
    assert "labels.csv" in page.code[-1].value
    assert "import_folder" not in [button.key for button in page.button]


def test_a_folder_whose_name_is_no_text_is_not_offered(settings: Settings) -> None:
    write_folder(settings.data_dir / "Pets", pets())
    (settings.data_dir / os.fsdecode(b"\xea\xee\xf2")).mkdir()

    page = open_page(PAGE)

    assert not page.exception
    assert page.selectbox(key="folder").options == ["Pets"]


def test_a_link_that_leads_elsewhere_is_not_offered(settings: Settings, tmp_path: Path) -> None:
    write_folder(settings.data_dir / "Pets", pets())
    elsewhere = write_folder(tmp_path / "elsewhere", pets())
    (settings.data_dir / "link").symlink_to(elsewhere)
    (settings.data_dir / "again").symlink_to(settings.data_dir / "Pets")

    page = open_page(PAGE)

    assert page.selectbox(key="folder").options == ["Pets", "again"]


def test_classes_of_very_different_sizes_are_told(settings: Settings, tmp_path: Path) -> None:
    files = pets(8) | {f"dog/more{i}.jpg": jpeg(500 + i) for i in range(40)}
    dataset = import_zip(write_zip(tmp_path / "a.zip", files), "Pets", settings, silent)

    page = open_page(PAGE, dataset=dataset.id)

    assert not page.exception
    assert "dog has 6 times as many training images as cat" in words(page)


def test_two_data_sets_of_one_name_are_told_apart(settings: Settings, tmp_path: Path) -> None:
    first = import_zip(write_zip(tmp_path / "a.zip", pets(6)), "Pets", settings, silent)
    second = import_zip(write_zip(tmp_path / "b.zip", pets(7)), "Pets", settings, silent)
    page = open_page(PAGE, dataset=second.id)
    box = next(box for box in page.selectbox if box.label == "Data set")
    assert len(set(box.options)) == 2

    box.select(first.id).run()

    assert not page.exception
    assert page.query_params["dataset"] in (first.id, [first.id])


def test_the_url_names_the_data_set(settings: Settings, tmp_path: Path) -> None:
    first = load_bundled("digits", settings)
    import_zip(write_zip(tmp_path / "pets.zip", pets()), "Pets", settings, silent)

    page = open_page(PAGE, dataset=first.id)

    assert "Handwritten digits" in [header.value for header in page.header]


def test_a_data_set_that_is_gone_is_no_crash(settings: Settings) -> None:
    page = open_page(PAGE, dataset="../../etc")

    assert not page.exception
    assert "Choose a sample to begin with" in words(page)
