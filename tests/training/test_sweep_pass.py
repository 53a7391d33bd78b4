"""A sweep goes over the images once: its first member stores what the waiting ones will need."""

from collections.abc import Callable
from dataclasses import replace

import keras
import pytest

from core.config import Augmentation, FineTuneConfig, HeadConfig, Scope
from core.datasets import Dataset
from core.jobs.reporter import Reporter
from core.jobs.state import write_status
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import new_mark
from core.settings import Settings
from core.training import feature_pass
from core.training.prepare import prepared
from core.training.stage import store_features

CHOICES: tuple[tuple[str, Scope], ...] = (
    ("block3", "none"),
    ("block3", "from"),
    ("block2", "from"),
    ("block2", "only"),
    ("block1", "from"),
)
# Before the head, before block 3, before block 2; before block 1 come the images themselves.
TAPS = ("head_pool", "block2_relu", "block1_relu")


@pytest.fixture
def head(
    settings: Settings, make_dataset: Callable[..., Dataset], tiny_model: Callable[..., keras.Model]
) -> Run:
    dataset = make_dataset()
    config = HeadConfig(dataset.id, dataset.version, image_size=16)
    run = RunStore(settings.runs_dir).create(config)
    tiny_model().save(run.model_path)
    write_status(run.path, RunStatus(RunState.COMPLETED))
    return run


def queue(settings: Settings, head: Run, **training: object) -> list[Run]:
    mark = new_mark("sweep", "Every block", head.id)
    store, changed = RunStore(settings.runs_dir), replace(head.base.training, **training)
    configs = [
        FineTuneConfig(head.id, head.base, block, scope, training=changed)
        for block, scope in CHOICES
    ]
    return [store.create(config, group=mark) for config in configs]


def test_one_pass_stores_every_cut(
    settings: Settings, head: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[list[str]] = []
    run_pass = feature_pass._run_pass

    def counted(model: keras.Model, missing: list, *rest: object) -> None:
        passes.append([tap for tap, _ in missing])
        run_pass(model, missing, *rest)

    monkeypatch.setattr(feature_pass, "_run_pass", counted)
    reused = []
    for run in queue(settings, head):
        stage, data = prepared(run, settings)
        reused.append(store_features(stage, data, settings, Reporter(run.path))[1] is None)
        write_status(run.path, RunStatus(RunState.COMPLETED))

    assert len(passes) == 1
    assert passes[0][:3] == list(TAPS)
    assert len(passes[0]) == 4
    assert reused == [False, True, True, True, True]


def test_who_finds_its_own_cut_makes_no_pass_for_the_others(settings: Settings, head: Run) -> None:
    first, second, *_ = queue(settings, head)
    stage, data = prepared(second, settings)
    alone = replace(stage, also_stored=())
    store_features(alone, data, settings, Reporter(second.path))

    stored, seconds = store_features(stage, data, settings, Reporter(second.path))

    assert len(stage.also_stored) == 3
    assert (len(stored), seconds) == (1, None)
    assert first.status.state is RunState.QUEUED


def test_views_and_single_runs_store_their_own_cut_alone(settings: Settings, head: Run) -> None:
    run = queue(settings, head, augmentation=Augmentation("views", views=2))[1]
    single = RunStore(settings.runs_dir).create(run.config)

    assert prepared(run, settings)[0].also_stored == ()
    assert prepared(single, settings)[0].also_stored == ()
