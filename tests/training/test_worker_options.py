"""Every option at once, in real workers."""

import json
from dataclasses import replace

import pytest

from core.config import Augmentation, FineTuneConfig
from core.export.parity import read_parity
from core.runs import Run, RunState, RunStore, litert
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import Settings
from tests.squares import squares
from tests.workshop import FAST, Workshop

OPTIONS = replace(
    FAST,
    optimizer="adamw",
    learning_rate=0.3,
    epochs=20,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.01,
    label_smoothing=0.1,
    class_weights=True,
    patience=1,
    augmentation=Augmentation("views", views=2),
    mixed_precision=True,
    deterministic=True,
)


def worst(run: Run) -> float:
    """Largest difference of a probability between the LiteRT model and the run's own."""
    litert.wait_for(run.path)
    parity = read_parity(run)
    assert parity is not None
    assert parity.images == 12
    return parity.max_difference


@pytest.mark.slow
def test_a_head_from_views_and_a_block_from_live_images(settings: Settings) -> None:
    shop = Workshop(settings, squares(settings), RunStore(settings.runs_dir))
    head = shop.train(replace(shop.head_config(), training=OPTIONS))

    assert head.status.state is RunState.COMPLETED, head.status.error
    done = head.status.results["epochs_done"]
    assert done == len(epoch_table(read_metrics(head.metrics_path))) < 20
    account = json.loads(head.account_path.read_text())
    assert not head.litert_path.exists()
    assert worst(head) < 1e-4
    # Two cuts, each for all 30 images and once more for the 18 that are trained on.
    assert len(account["features"]["keys"]) == 4

    live = replace(
        OPTIONS, epochs=2, learning_rate=1e-3, augmentation=Augmentation("live"), backbone_rate=0.1
    )
    tuned = shop.train(FineTuneConfig(head.id, head.base, "block7", training=live))

    assert tuned.status.state is RunState.COMPLETED, tuned.status.error
    account = json.loads(tuned.account_path.read_text())
    assert account["features"]["images"] == 12, "training images were stored"
    assert worst(tuned) < 1e-4
    assert account["proof"]["frozen_unchanged"] == account["proof"]["frozen_tensors"] > 200
