"""Heat maps on the Evaluate page: asked for, waited for, shown, and failed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.errors import RunError
from core.evaluation.predictions import read_predictions
from core.jobs.job import Kind
from core.jobs.reporter import Reporter
from core.jobs.state import JobState
from core.runs import Run, heatmaps
from core.settings import Settings
from core.ui.evaluate.heat_pictures import glowing
from tests.alive import asked, at_work
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui.app import open_page, words

Pair = tuple[Run, Run]


@pytest.fixture
def pair(settings: Settings, make_dataset: Callable[..., Dataset]) -> Pair:
    """Of 30 test images the second run fixes twelve."""
    return finished_pair(settings, make_dataset(classes=3, per_class=50), range(13), range(1))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of the jobs that are started, in place of their processes."""
    folders: list[Path] = []

    def start(folder: Path, kind: Kind, **about: object) -> None:
        folders.append(folder)
        at_work(folder, kind, "Where Head only looked", 12)

    monkeypatch.setattr(heatmaps, "ask", start)
    return folders


def switched_on(pair: Pair) -> AppTest:
    page = open_page("pages/4_Evaluate.py", run=pair[1].id)
    page.toggle(key="heat").set_value(True).run()
    assert not page.exception
    return page


def keep_maps(pair: Pair, images: Sequence[str]) -> None:
    heat = np.ones((2, 4, 4), np.float32)
    for run in pair:
        heatmaps.write_maps(run, dict.fromkeys(images, heat))


def fixed_images(pair: Pair) -> list[str]:
    return list(read_predictions(pair[0], "test")["path"][1:13])


def pictures(page: AppTest) -> list[str]:
    return [image.alt for element in page.get("image") for image in element.proto.imgs]


def test_they_are_asked_for_and_can_be_stopped(pair: Pair, started: list[Path]) -> None:
    page = switched_on(pair)
    folder = pair[1].path / "heatmaps"

    assert started == [folder]
    runs, images = heatmaps.read_request(folder)
    assert [run.id for run in runs] == [run.id for run in pair]
    assert sorted(images) == sorted(fixed_images(pair))
    assert "That tells where, not why" in words(page)
    page.button(key="heat_fixed_stop").click().run()
    assert (folder / "stop.request").exists()
    Reporter(folder).finish(JobState.STOPPED, {})
    page.run()
    assert "were stopped; what was done is kept" in words(page)
    assert page.button(key="heat_fixed_start").label == "Compute the rest"
    assert len(started) == 1


def test_while_they_are_computed_a_reload_shows_it(pair: Pair, started: list[Path]) -> None:
    heatmaps.ask_for(pair, ["a.png"])
    page = open_page("pages/4_Evaluate.py", run=pair[1].id)

    assert page.toggle(key="heat").value
    assert page.button(key="heat_fixed_stop")
    assert len(started) == 1


def test_what_is_there_is_shown_small_and_large(pair: Pair, started: list[Path]) -> None:
    images = fixed_images(pair)
    keep_maps(pair, images)
    page = switched_on(pair)

    assert not started
    assert sum("model looked" in alt for alt in pictures(page)) == 2 * len(images)
    page.button(key="open_fixed_0").click().run()
    assert "Where From block 6 looked" in pictures(page)
    assert "These maps have 4 by 4 fields" in words(page)


def test_a_failure_is_a_card_with_a_way_on(pair: Pair, started: list[Path]) -> None:
    folder = heatmaps.folder(pair[1])
    folder.mkdir()
    asked(folder, heatmaps.KIND)
    Reporter(folder).fail(RunError("Memory ran out.", "Wait for the run."))
    page = switched_on(pair)

    assert not started
    assert "Memory ran out" in words(page)
    page.button(key="heat_fixed_start").click().run()
    assert started == [folder]


def test_heat_glows_where_it_is_and_keeps_the_image_elsewhere() -> None:
    image = Image.fromarray(np.tile(np.uint8([[20, 230]]), (40, 20))[..., None].repeat(3, 2))
    heat = np.zeros((4, 4), np.float32)
    heat[0, 0] = 1
    pixels = np.asarray(glowing(image, heat)).astype(int)

    red_over_blue = pixels[..., 0] - pixels[..., 2]
    assert red_over_blue[5, 4] > 80
    assert red_over_blue[30:, 30:].max() <= 0
    assert pixels[35, 35].sum() > pixels[35, 34].sum() + 200
