"""A link opens what its sender saw: the view, its filters, the chosen block."""

from core.datasets import Dataset
from core.runs import RunStore
from tests.ui import runs
from tests.ui.app import open_page, words


def test_a_view_and_its_filter_are_opened(dataset: Dataset) -> None:
    page = open_page("pages/1_Data.py", view="images", **{"class": "class 1"})

    assert not page.exception
    assert page.segmented_control(key="data_view").value == "images"
    assert page.selectbox(key="gallery_class").value == "class 1"
    assert "10 images" in words(page)


def test_what_is_not_there_is_passed_over(dataset: Dataset) -> None:
    page = open_page("pages/1_Data.py", view="../../etc", **{"class": "<b>"})

    assert not page.exception
    assert page.segmented_control(key="data_view").value == "overview"
    assert "view" not in page.query_params


def test_the_address_follows_what_is_chosen(dataset: Dataset) -> None:
    page = open_page("pages/1_Data.py")
    page.segmented_control(key="data_view").set_value("split").run()
    there = page.query_params["view"]
    page.segmented_control(key="data_view").set_value("overview").run()

    assert there in ("split", ["split"])
    assert "view" not in page.query_params


def test_the_chosen_block_is_opened(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    page = open_page("pages/3_Fine_tune.py", run=head.id, block="block5", unfreeze="only")

    assert not page.exception
    assert page.button(key="train").label == "Fine-tune block 5 alone"
