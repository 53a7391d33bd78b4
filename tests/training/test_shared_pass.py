"""A pass that several processes share gives the bits of one that nobody shares."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from core.config import HeadConfig
from core.datasets import Dataset
from core.jobs.state import write_status
from core.queue import sharing
from core.queue.sharing import REFUSED, Helpers
from core.runs import RunState, RunStatus, RunStore
from core.settings import APP_ROOT, Settings
from core.training import shards as shards_module
from core.training.data import training_data
from core.training.feature_pass import compute_features
from core.training.feature_store import FeatureFile, FeatureStore
from core.training.forward import ImageList
from core.training.helper import NotNeeded, Watch
from core.training.shards import Shards
from core.training.shared_pass import shared_pass
from tests.alive import beat

TAPS = ("head_pool", "block2_relu")
HOLD = """
import sys, time, pathlib
from core.training.feature_store import FeatureFile
from core.training.shards import Shards
file = FeatureFile(pathlib.Path(sys.argv[1]), (40, 2), "float32")
with Shards([file]).claimed() as shard:
    print(shard, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "SHARD_ROWS", 16)


@pytest.fixture
def images(make_dataset: Callable[..., Dataset]) -> ImageList:
    return training_data(make_dataset(per_class=15)).images


def alone(key: str, taps: Sequence[str]) -> nullcontext[None]:
    """Nobody helps."""
    return nullcontext()


def reserved(path: Path) -> FeatureFile:
    file = FeatureFile(path, (40, 2), "float32")
    path.mkdir()
    file.reserve()
    return file


def test_a_dead_worker_s_shard_is_free_again(tmp_path: Path) -> None:
    file = reserved(tmp_path / "key")
    with closing(Shards.begin([file], 16)) as shards:
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(file.path)], cwd=APP_ROOT, stdout=subprocess.PIPE
        )
        assert other.stdout is not None
        assert other.stdout.readline() == b"0\n"

        with shards.claimed() as shard:
            assert shard == 1
        with shards.claimed(anyway=True) as shard:
            assert shard == 0
        other.kill()
        other.wait()
        with shards.claimed() as shard:
            assert shard == 0


def test_rows_count_once_their_shard_is_on_disk(tmp_path: Path) -> None:
    file = reserved(tmp_path / "key")
    with closing(Shards.begin([file], 16)) as shards:
        for number in range(3):
            with shards.claimed() as shard:
                assert shard == number
                start, stop = shards.range_of(number)
                file.write(start, np.full((stop - start, 2), number))
                assert not file.complete
                shards.finish(number)
            assert shards.rows_done == (16, 32, 40)[number]
        assert shards.complete
        shards.end()
    assert file.complete
    assert file.read()[[0, 15, 16, 39], 1].tolist() == [0, 0, 1, 2]


def test_a_pass_goes_on_in_shards_and_with_shards(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    model = tiny_model()
    whole = FeatureStore(tmp_path / "whole")
    store = FeatureStore(tmp_path / "shared")
    seen: list[int] = []

    def cut_off_at(limit: int) -> Callable[[int, int], None]:
        def progress(done: int, total: int) -> None:
            seen.append(done)
            if done >= limit:
                raise InterruptedError

        return progress

    # The first image row by row, then in shards, twice.
    for limit, run_pass in ((16, None), (32, shared_pass(alone)), (45, shared_pass(alone))):
        with suppress(InterruptedError):
            compute_features(
                model, TAPS[0], images, store, cut_off_at(limit), TAPS[1:], run_pass=run_pass
            )
    assert seen.count(32) == 1 + 1  # cut off before it was on disk, so computed again
    file, also = compute_features(
        model, TAPS[0], images, store, lambda d, t: None, TAPS[1:], run_pass=shared_pass(alone)
    )
    expected, also_expected = compute_features(
        model, TAPS[0], images, whole, lambda d, t: None, TAPS[1:]
    )

    assert file.read().tobytes() == expected.read().tobytes()
    assert also[0].read().tobytes() == also_expected[0].read().tobytes()
    assert not list(store.features_dir.rglob("shards"))


class FakeClient:
    """Takes tasks; none ends."""

    def __init__(self) -> None:
        self.given: list[FakeFuture] = []

    def submit(self, *task: object, **options: object) -> "FakeFuture":
        self.given.append(FakeFuture())
        return self.given[-1]

    def close(self, timeout: float) -> None:
        """Nothing to close."""


class FakeFuture:
    status = "pending"

    def done(self) -> bool:
        return self.status == "finished"

    def result(self) -> int:
        return REFUSED


@contextmanager
def helpers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, slots: int
) -> Iterator[tuple[Helpers, FakeClient]]:
    client = FakeClient()
    monkeypatch.setattr(sharing.scheduler, "try_connect", lambda _: client)
    monkeypatch.setattr(sharing.scheduler, "places", lambda *_: slots)
    monkeypatch.setattr(sharing.scheduler, "tasks", lambda *_: 1 + len(client.given))
    yield Helpers(settings, settings.runs_dir / "run", "key", TAPS), client


def test_each_free_slot_is_asked_unless_a_run_waits_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with helpers(settings, monkeypatch, slots=3) as (called, client):
        waiting = RunStore(settings.runs_dir).create(HeadConfig("d", "v"))
        assert called.call()
        assert not client.given
        waiting.stop_path.touch()
        assert called.call()
        assert called.call()
        assert len(client.given) == 2
        # One that would compute something else: no one is asked again.
        client.given[0].status = "finished"
        assert not called.call()
        assert len(client.given) == 2


def test_a_helper_leaves_when_the_pass_has_ended_or_a_run_waits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.helper.LOOK_SECONDS", 0.0)
    store = RunStore(settings.runs_dir)
    run = store.create(HeadConfig("d", "v"))
    computing = RunStatus(RunState.RUNNING, "features", started=1.0)
    write_status(run.path, computing)
    beat(run)
    watch = Watch(run)
    watch(16, 96)

    waiting = store.create(HeadConfig("d", "v"))
    with pytest.raises(NotNeeded, match="waits"):
        watch(32, 96)
    waiting.stop_path.touch()
    watch(32, 96)
    write_status(run.path, replace(computing, phase="training"))
    with pytest.raises(NotNeeded, match="no help"):
        watch(48, 96)


def test_without_a_scheduler_nobody_is_asked(settings: Settings) -> None:
    with Helpers(settings, settings.runs_dir / "run", "key", TAPS) as called:
        assert not called.call()
