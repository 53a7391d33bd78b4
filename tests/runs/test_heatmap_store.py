"""What the page reads of a run's heat maps, also where their process died."""

from collections.abc import Callable

import numpy as np
import pytest

from core.config import HeadConfig, Settings
from core.datasets import Dataset
from core.runs import Run, RunStore, heatmaps
from core.runs.heatmaps import HeatState, HeatStatus
from core.runs.process import record_process


@pytest.fixture
def run(settings: Settings, make_dataset: Callable[..., Dataset]) -> Run:
    return RunStore(settings.runs_dir).create(HeadConfig("d", "v"))


def test_it_goes_from_nothing_over_waiting_to_its_own_words(run: Run) -> None:
    assert heatmaps.status(run).state is HeatState.NONE
    heatmaps.write_request([run], ["a.png"])
    assert heatmaps.status(run).state is HeatState.WAITING
    record_process(heatmaps.folder(run) / "process.json")
    heatmaps.write_status(run, HeatStatus(HeatState.COMPUTING, 1, 2))
    assert heatmaps.status(run) == HeatStatus(HeatState.COMPUTING, 1, 2)


def test_a_process_that_is_gone_has_failed(run: Run) -> None:
    heatmaps.write_request([run], ["a.png"])
    heatmaps.write_status(run, HeatStatus(HeatState.COMPUTING, 1, 2))

    now = heatmaps.status(run)
    assert now.state is HeatState.FAILED
    assert "gone" in now.error


def test_a_run_keeps_the_newest_maps_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heatmaps, "MAX_IMAGES", 2)
    maps = {f"{i}.png": np.full((2, 3, 3), i, np.float32) for i in range(3)}
    size = run.disk_bytes
    heatmaps.write_maps(run, maps)

    read = heatmaps.read_maps(run)
    assert list(read) == ["1.png", "2.png"]
    assert read["2.png"].dtype == np.float32
    assert read["2.png"].max() == 2
    assert run.disk_bytes > size


def test_a_damaged_file_counts_as_none(run: Run) -> None:
    heatmaps.folder(run).mkdir()
    (heatmaps.folder(run) / "maps.npz").write_bytes(b"PK\x03\x04 and no more")

    assert heatmaps.read_maps(run) == {}
