"""Two devices that share a run's batches end with the weights that one device ends with."""

import subprocess
import sys

import numpy as np
import pytest

from core.settings import APP_ROOT
from core.training.batches import Batches

# A process of its own: devices can only be made before TensorFlow is used.
SCRIPT = """
import tempfile
from pathlib import Path
import keras, numpy as np, tensorflow as tf
from core.config import TrainingConfig
from core.training.batches import Batches
from core.training.devices import spread
from core.training.fit import fit
from core.jobs.reporter import Reporter, StopRequested

config = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], config)
CONFIG = TrainingConfig(
    learning_rate=1e-2, epochs=3, batch_size=8, seed=5, schedule="plateau", warmup_epochs=0.5,
    backbone_rate=0.5, weight_decay=0.1, label_smoothing=0.1, class_weights=True, patience=2)
random = np.random.default_rng(1)
features = random.normal(size=(44, 4, 4, 3)).astype("float32")
labels = random.integers(0, 3, 44)

class Quiet(Reporter):
    def __init__(self, folder, stop_at=None):
        super().__init__(folder)
        self.stop_at = stop_at
    def advance(self, done, total):
        if done == self.stop_at:
            raise StopRequested

def train(devices, dropout=0.0, stop_at=None):
    keras.utils.set_random_seed(7)
    model = keras.Sequential([
        keras.Input((4, 4, 3)), keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.BatchNormalization(trainable=False), keras.layers.Flatten(),
        keras.layers.Dropout(dropout, seed=3),
        keras.layers.Dense(3, activation="softmax", name="head_output")])
    shares, folder = max(1, len(devices)), Path(tempfile.mkdtemp())
    def go(stop_at):
        with spread(model, devices) as fitted:
            fit(fitted, Batches(features, range(32), labels[:32], 8, 5, shares),
                Batches(features, range(32, 44), labels[32:], 8, None, shares), 32, CONFIG,
                Quiet(folder, stop_at), folder)
    start = model.get_weights()
    if stop_at:
        try:
            go(stop_at)
        except StopRequested:
            pass
        model.set_weights(start)
    go(None)
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(start, model.get_weights()))
    return np.concatenate([w.ravel() for w in model.get_weights()])

def distance(a, b):
    return np.abs(a - b).max()

two = ["CPU:0", "CPU:1"]
whole = train(two, dropout=0.3)
print(distance(train([]), train(two)), distance(whole, train(two, dropout=0.3, stop_at=3)))
"""


@pytest.mark.slow
def test_two_devices_give_what_one_gives_also_after_a_stop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=APP_ROOT,
        capture_output=True,
        text=True,
        timeout=250,
    )

    assert done.returncode == 0, done.stderr
    other, resumed = (float(word) for word in done.stdout.split()[-2:])
    assert other < 1e-5
    assert resumed == 0


def test_every_device_gets_as_many_rows() -> None:
    features = np.arange(7, dtype=np.float32)
    batches = Batches(features, range(7), np.arange(7), batch_size=5, devices=2)

    rows = [batches[i][1].tolist() for i in range(len(batches))]

    assert rows == [[0, 1, 2, 3, 4, 5], [6, 0]]
