"""What a run trains and on what, made from its settings: the same in every process."""

from __future__ import annotations

from core.config import FineTuneConfig, RateTestConfig
from core.datasets import DatasetStore
from core.runs import Run, RunStore
from core.settings import Settings
from core.training.data import TrainingData, training_data
from core.training.fine_tune import fine_tune_stage
from core.training.head import head_stage
from core.training.precision import make_repeatable
from core.training.stage import Stage


def prepared(run: Run, settings: Settings) -> tuple[Stage, TrainingData]:
    """Builds the model of a run and reads its data.

    Args:
        run: The run.
        settings: Where data sets and weights are.

    Returns:
        The stage, with the weights that it starts from, and the images.

    Raises:
        UnfreezeError: If data, weights or the head run cannot be used.
    """
    make_repeatable(run.config.training)
    base, config = run.base, run.config
    meant = config.meant if isinstance(config, RateTestConfig) else config
    dataset = DatasetStore(settings.datasets_dir).get(base.dataset_id, base.dataset_version)
    data = training_data(dataset).share_of(base.train_share, base.training.seed)
    if isinstance(meant, FineTuneConfig):
        return fine_tune_stage(meant, RunStore(run.path.parent).get(meant.head_run_id)), data
    return head_stage(meant, len(data.class_names), settings), data
