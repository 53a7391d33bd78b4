"""Heat maps on the Evaluate page: asked for, waited for, shown, and failed."""

import subprocess
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.config import Settings
from core.datasets import Dataset
from core.evaluation.predictions import read_predictions
from core.runs import Run, heatmaps
from core.runs.heatmaps import HeatState, HeatStatus
from core.runs.process import record_process
from core.ui.heat_pictures import glowing
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui.app import open_page, words

Pair = tuple[Run, Run]


@pytest.fixture
def pair(settings: Settings, make_dataset: Callable[..., Dataset]) -> Pair:
    """Of 30 test images the second run fixes twelve."""
    return finished_pair(settings, make_dataset(classes=3, per_class=50), range(13), range(1))


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Stands for the one that computes."""
    with subprocess.Popen(["sleep", "60"]) as started:
        yield started
        started.kill()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[bytes]) -> list[Sequence[str]]:
    """What is asked for, in place of starting a process."""
    images: list[Sequence[str]] = []

    def ask(runs: Sequence[Run], names: Sequence[str]) -> None:
        images.append(names)
        heatmaps.write_request(runs, names)
        for run in runs:
            record_process(heatmaps.folder(run) / "process.json", process.pid)

    monkeypatch.setattr(heatmaps, "ask", ask)
    return images


def switched_on(pair: Pair) -> AppTest:
    page = open_page("pages/4_Evaluate.py", run=pair[1].id)
    page.toggle(key="heat").set_value(True).run()
    assert not page.exception
    return page


def keep_maps(pair: Pair, images: Sequence[str]) -> None:
    heat = np.ones((2, 4, 4), np.float32)
    for run in pair:
        heatmaps.write_maps(run, dict.fromkeys(images, heat))
        heatmaps.write_status(run, HeatStatus(HeatState.DONE, 1, 1))


def fixed_images(pair: Pair) -> list[str]:
    return list(read_predictions(pair[0], "test")["path"][1:13])


def pictures(page: AppTest) -> list[str]:
    return [image.alt for element in page.get("image") for image in element.proto.imgs]


def test_they_are_asked_for_and_can_be_stopped(
    pair: Pair,
    asked: list[Sequence[str]],
    process: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = switched_on(pair)
    monkeypatch.setattr(heatmaps, "_START_SECONDS", 0)  # as if it had been at it for long

    assert [sorted(images) for images in asked] == [sorted(fixed_images(pair))]
    assert "That tells where, not why" in words(page)
    page.button(key="stop_heat_fixed").click().run()
    assert process.wait(5) < 0
    assert "were stopped; what was done is kept" in words(page)


def test_while_they_are_computed_a_reload_shows_it(pair: Pair, asked: list[Sequence[str]]) -> None:
    heatmaps.ask(pair, ["a.png"])
    page = open_page("pages/4_Evaluate.py", run=pair[1].id)

    assert page.toggle(key="heat").value
    assert page.button(key="stop_heat_fixed")
    assert len(asked) == 1


def test_what_is_there_is_shown_small_and_large(pair: Pair, asked: list[Sequence[str]]) -> None:
    images = fixed_images(pair)
    keep_maps(pair, images)
    page = switched_on(pair)

    assert not asked
    assert sum("model looked" in alt for alt in pictures(page)) == 2 * len(images)
    page.button(key="open_fixed_0").click().run()
    assert "Where From block 6 looked" in pictures(page)
    assert "These maps have 4 by 4 fields" in words(page)


def test_a_failure_is_a_card_with_a_way_on(pair: Pair, asked: list[Sequence[str]]) -> None:
    heatmaps.write_request(pair, [])
    failed = HeatStatus(HeatState.FAILED, error="Memory ran out.", way_out="Wait for the run.")
    for run in pair:
        heatmaps.write_status(run, failed)
    page = switched_on(pair)

    assert not asked
    assert "Memory ran out" in words(page)
    page.button(key="ask_heat_fixed").click().run()
    assert len(asked) == 1


def test_heat_glows_where_it_is_and_keeps_the_image_elsewhere() -> None:
    image = Image.fromarray(np.tile(np.uint8([[20, 230]]), (40, 20))[..., None].repeat(3, 2))
    heat = np.zeros((4, 4), np.float32)
    heat[0, 0] = 1
    pixels = np.asarray(glowing(image, heat)).astype(int)

    red_over_blue = pixels[..., 0] - pixels[..., 2]
    assert red_over_blue[5, 4] > 80
    assert red_over_blue[30:, 30:].max() <= 0
    assert pixels[35, 35].sum() > pixels[35, 34].sum() + 200
