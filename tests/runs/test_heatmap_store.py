"""What is kept of a run's heat maps."""

import numpy as np
import pytest

from core.config import HeadConfig
from core.runs import Run, RunStore, heatmaps
from core.settings import Settings


@pytest.fixture
def run(settings: Settings) -> Run:
    return RunStore(settings.runs_dir).create(HeadConfig("d", "v"))


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
