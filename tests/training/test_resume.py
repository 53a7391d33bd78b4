"""A fit that was stopped anywhere and goes on ends with the weights of one that never stopped."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np
import pytest

from core.backbones.blocks import find_blocks
from core.backbones.compose import set_trainable
from core.backbones.graph import step_output
from core.config import Augmentation, TrainingConfig
from core.errors import RunError
from core.jobs.reporter import Reporter, StopRequested
from core.runs.metrics_log import epoch_table, read_metrics
from core.training.batches import Batches
from core.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from core.training.fit import FitResult, fit
from core.training.precision import half_policy, half_precision
from core.training.varied import StoredViews

# 30 images in batches of 8: four batches, the last one smaller. Validation has two.
CONFIG = TrainingConfig(learning_rate=1e-2, epochs=3, batch_size=8, seed=5)
STEPS_OF_EPOCH = 6
# However short the epochs are, each is saved.
ALWAYS = 1e9
# Everything that has a memory; patience ends it after six epochs.
OPTIONS = replace(
    CONFIG,
    epochs=9,
    schedule="plateau",
    warmup_epochs=0.5,
    patience=2,
    backbone_rate=0.5,
    weight_decay=0.01,
    label_smoothing=0.1,
    class_weights=True,
    augmentation=Augmentation("views", views=2),
)


class StoppingReporter(Reporter):
    """Asks to stop at the n-th batch, counted over training and validation."""

    def __init__(self, run_dir: Path, stop_at: int = 0) -> None:
        super().__init__(run_dir)
        self._left = stop_at

    def check_stop(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StopRequested


def train(
    model: keras.Model, run_dir: Path, stop_at: int = 0, config: TrainingConfig = CONFIG
) -> FitResult | None:
    run_dir.mkdir(exist_ok=True)
    set_trainable(model, find_blocks(model)[-1].layers, freeze_batchnorm=False)
    random = np.random.default_rng(1)
    features = random.normal(size=(42, 4, 4, 6)).astype("float32")
    labels = random.integers(0, 3, 42)
    rows = np.arange(42)
    views = [random.normal(size=(30, 4, 4, 6)).astype("float32")]
    drawn = StoredViews(features, rows[:30], views, config.seed)
    varied = drawn if config.augmentation.mode == "views" else None
    part = keras.Model(step_output(model, "block2_relu"), model.outputs[0])
    try:
        with half_precision([part, model], half_policy(config)):
            return fit(
                part,
                Batches(features, rows[:30], labels[:30], 8, config.seed, varied=varied),
                Batches(features, rows[30:], labels[30:], config.batch_size),
                30,
                config,
                StoppingReporter(run_dir, stop_at),
                run_dir,
            )
    except StopRequested:
        return None


def undisturbed(
    tiny_model: Callable[..., keras.Model], run_dir: Path, config: TrainingConfig
) -> tuple[keras.Model, FitResult]:
    model = tiny_model()
    result = train(model, run_dir, config=config)
    assert result is not None
    assert result.epochs_done == (6 if config is OPTIONS else 3)
    return model, result


def losses(run_dir: Path, epochs: int = 3) -> list[float]:
    table = epoch_table(read_metrics(run_dir / "metrics.jsonl"))
    assert table["epoch"].tolist() == list(range(1, epochs + 1))
    return table[["loss", "accuracy", "val_loss", "val_accuracy"]].to_numpy().tolist()


def assert_same_weights(one: keras.Model, other: keras.Model) -> None:
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)


@pytest.mark.parametrize(
    ("optimizer", "stops"),
    [
        # In mid-epoch, in the validation, and at the last batch of a later epoch.
        ("adam", (2, 5, STEPS_OF_EPOCH + 4)),
        pytest.param("sgd", range(1, 3 * STEPS_OF_EPOCH), marks=pytest.mark.slow),
    ],
)
def test_stopped_at_any_batch(
    tiny_model: Callable[..., keras.Model], tmp_path: Path, optimizer: str, stops: Sequence[int]
) -> None:
    config = replace(CONFIG, optimizer=optimizer)
    expected, result = undisturbed(tiny_model, tmp_path / "whole", config)
    for stop_at in stops:
        run_dir = tmp_path / str(stop_at)
        first = train(tiny_model(), run_dir, stop_at, config)
        assert (first is None) == (stop_at <= STEPS_OF_EPOCH)
        assert first is None or first.stopped

        model = tiny_model()
        assert train(model, run_dir, config=config) == result
        assert_same_weights(model, expected)
        assert losses(run_dir) == losses(tmp_path / "whole")


def test_stopped_with_every_option(
    tiny_model: Callable[..., keras.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.patience.PLATEAU_EPOCHS", 1)
    monkeypatch.setattr("core.training.checkpoint.WRITING_SHARE", ALWAYS)
    expected, result = undisturbed(tiny_model, tmp_path / "whole", OPTIONS)
    table = epoch_table(read_metrics(tmp_path / "whole" / "metrics.jsonl"))
    assert sorted({round(rate, 6) for rate in table["learning_rate"]}) == [0.002, 0.01]
    # In the warm-up, after the rate has fallen, and in the last validation.
    for stop_at in (2, 26, 35):
        run_dir = tmp_path / str(stop_at)
        train(tiny_model(), run_dir, stop_at, OPTIONS)
        model = tiny_model()
        assert train(model, run_dir, config=OPTIONS) == result
        assert_same_weights(model, expected)
        assert losses(run_dir, 6) == losses(tmp_path / "whole", 6)
    assert train(tiny_model(), tmp_path / "whole", stop_at=1, config=OPTIONS) == result


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_stopped_in_half_precision(
    tiny_model: Callable[..., keras.Model], tmp_path: Path, policy: str
) -> None:
    config = replace(CONFIG, mixed_precision=True)
    with patch(f"{__name__}.half_policy", return_value=policy):
        expected, result = undisturbed(tiny_model, tmp_path / "whole", config)
        train(tiny_model(), tmp_path / "run", 9, config)
        model = tiny_model()
        assert train(model, tmp_path / "run", config=config) == result
    assert_same_weights(model, expected)


def test_stopped_again_and_again(tiny_model: Callable[..., keras.Model], tmp_path: Path) -> None:
    expected, result = undisturbed(tiny_model, tmp_path / "whole", CONFIG)
    ended, turns, model = None, 0, None
    while turns < 50 and (ended is None or ended.stopped):
        model, turns = tiny_model(), turns + 1
        ended = train(model, tmp_path / "often", stop_at=5)

    assert turns > 3
    assert ended == result
    assert_same_weights(model, expected)


def test_a_fit_that_had_ended_is_not_trained_again(
    tiny_model: Callable[..., keras.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.checkpoint.WRITING_SHARE", ALWAYS)
    expected, result = undisturbed(tiny_model, tmp_path / "run", CONFIG)
    model = tiny_model()

    assert train(model, tmp_path / "run", stop_at=1) == result
    assert_same_weights(model, expected)


def test_a_short_fit_is_not_held_up_by_writing(
    tiny_model: Callable[..., keras.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.checkpoint.EXPECTED_RATE", 1.0)
    undisturbed(tiny_model, tmp_path / "run", CONFIG)

    assert not (tmp_path / "run" / "checkpoints" / "fit.npz").exists()


def test_a_damaged_checkpoint_starts_anew(
    tiny_model: Callable[..., keras.Model], tmp_path: Path
) -> None:
    expected, result = undisturbed(tiny_model, tmp_path / "whole", CONFIG)
    train(tiny_model(), tmp_path / "run", stop_at=9)
    file = tmp_path / "run" / "checkpoints" / "fit.npz"
    file.write_bytes(file.read_bytes()[:-300])
    model = tiny_model()

    assert train(model, tmp_path / "run") == result
    assert_same_weights(model, expected)
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")


def test_other_first_weights_are_refused(
    tiny_model: Callable[..., keras.Model], tmp_path: Path
) -> None:
    train(tiny_model(), tmp_path / "run", stop_at=9)
    other = tiny_model()
    kernel = other.get_layer("block3_conv").kernel
    kernel.assign(kernel + 1)

    with pytest.raises(RunError, match="have changed"):
        train(other, tmp_path / "run")


def test_the_file_holds_what_was_written_and_no_half_is_left(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "fit.npz"
    arrays = {"variables": [np.ones((2, 3), np.float32), np.array(7)], "metrics": []}
    for batch in (1, 2):
        write_checkpoint(path, Checkpoint("abc", 3, batch, False, 99, {"Best": {"a": 1}}, arrays))
    found = read_checkpoint(path)

    assert found is not None
    assert (found.start, found.epoch, found.batch, found.metrics_bytes) == ("abc", 3, 2, 99)
    assert found.memories == {"Best": {"a": 1}}
    np.testing.assert_array_equal(found.arrays["variables"][0], arrays["variables"][0])
    assert [p.name for p in path.parent.iterdir()] == ["fit.npz"]
