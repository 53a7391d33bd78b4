"""Model and data of a run, built from its settings alike in every process."""

from __future__ import annotations

from core.config import FineTuneConfig, RateTestConfig
from core.datasets import Datasets
from core.runs import Run, Runs
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
    dataset = Datasets(settings.datasets_dir).get(base.dataset_id, base.dataset_version)
    data = training_data(dataset).share_of(base.train_share, base.training.seed)
    if isinstance(meant, FineTuneConfig):
        store = Runs(run.path.parent)
        return fine_tune_stage(
            meant, store.get(meant.head_run_id), _next_of_sweep(run, store)
        ), data
    return head_stage(meant, len(data.class_names), settings), data


def _next_of_sweep(run: Run, store: Runs) -> tuple[FineTuneConfig, ...]:
    """The members of the run's sweep that wait: one pass stores what they will need, too.

    Not where views are stored: there, most of the space would be taken for what comes last.
    """
    if run.group is None or run.group.kind != "sweep":
        return ()
    if run.config.training.augmentation.mode == "views":
        return ()
    waiting = [other for other in store.queued() if other.group and other.group.id == run.group.id]
    return tuple(o.config for o in waiting if isinstance(o.config, FineTuneConfig))
