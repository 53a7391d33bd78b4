"""Sources of augmented training images: cached views, or the whole network in every step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from core.config import Augmentation, TrainingConfig
from core.datasets.scanned import ScannedImage
from core.jobs.reporter import Reporter
from core.training.augmentation import Augmenter, row_seeds
from core.training.batches import Varied
from core.training.data import TrainingData
from core.training.feature_pass import Progress, compute_features
from core.training.feature_store import FeatureFile, FeatureStore
from core.training.forward import ImageList, frozen_part

Array = np.ndarray[Any, Any]
# What a seed is used for, so that no two uses draw the same numbers.
_VIEW, _EPOCH, _CHOICE = 1, 2, 3


@dataclass(frozen=True)
class View:
    """One variant of each training image.

    Attributes:
        augmenter: Varies them.
        ranges: What it does.
        seed: The run's.
        number: From 1; view 0 is the unchanged image.
        rows: Training images.
    """

    augmenter: Augmenter
    ranges: Augmentation
    seed: int
    number: int
    rows: int

    @property
    def facts(self) -> dict[str, Any]:
        """Settings, seed and number, but not how many views there are: more go on from fewer."""
        ranges = asdict(self.ranges)
        del ranges["mode"], ranges["views"]
        drawn = {"seed": self.seed, "view": self.number, "keras": keras.__version__}
        return ranges | drawn

    def vary(self, first: int, images: Array) -> Array:
        """Varies uint8 `(images, height, width, 3)`, of which `first` is the first one's row."""
        seeds = row_seeds(self.seed, _VIEW, self.number, self.rows)
        return self.augmenter(images, seeds[first : first + len(images)])


class StoredViews:
    """Each epoch draws one of the stored views of every image.

    Args:
        unchanged: Features `(images, ...)` of all images.
        rows: Which of them are training images.
        views: Features `(rows, ...)` of the views from 1 on.
        seed: The run's.
    """

    def __init__(self, unchanged: Array, rows: Array, views: Sequence[Array], seed: int) -> None:
        self._unchanged = unchanged
        self._rows = rows
        self._views = views
        self._seed = seed

    def take(self, chosen: Array, epoch: int) -> Array:
        """Inputs of training images, as `core.training.batches.Varied` says."""
        random = np.random.default_rng([self._seed, _CHOICE, epoch])
        drawn = random.integers(len(self._views) + 1, size=len(self._rows))[chosen]
        inputs = np.empty((len(chosen), *self._unchanged.shape[1:]), np.float32)
        inputs[drawn == 0] = self._unchanged[self._rows[chosen[drawn == 0]]]
        for number, view in enumerate(self._views, start=1):
            inputs[drawn == number] = view[chosen[drawn == number]]
        return inputs


class Live:
    """A new variant of every image in each epoch, through the frozen part each time.

    Args:
        model: A composed model.
        tap: Where its frozen part ends.
        files: The training images.
        config: Settings and seed.
    """

    def __init__(
        self, model: keras.Model, tap: str, files: Sequence[ScannedImage], config: TrainingConfig
    ) -> None:
        self._frozen = frozen_part(model, tap)
        self._size = int(model.inputs[0].shape[1])
        self._files = files
        self._augmenter = Augmenter(config.augmentation)
        self._seed = config.seed
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)

    def take(self, chosen: Array, epoch: int) -> Array:
        """Inputs of training images, as `core.training.batches.Varied` says."""
        files = [self._files[place] for place in chosen]
        images = np.stack(list(self._pool.map(lambda file: file.decode(self._size), files)))
        seeds = row_seeds(self._seed, _EPOCH, epoch, len(self._files))
        outputs = self._frozen(self._augmenter(images, seeds[chosen]))
        return outputs.astype(np.float32)


def varied_inputs(
    model: keras.Model,
    taps: Sequence[str],
    data: TrainingData,
    unchanged: Array,
    config: TrainingConfig,
    store: FeatureStore,
    reporter: Reporter,
) -> tuple[Varied | None, list[FeatureFile]]:
    """Inputs for a configuration's augmentation, in place of the cached features.

    Args:
        model: A composed model.
        taps: Where it is cut, and cuts that the stage that follows will need.
        data: The images.
        unchanged: Features of all images; of no use where images are varied live.
        config: Settings and seed.
        store: Where features are kept.
        reporter: Told of progress.

    Returns:
        The inputs, or None where nothing is varied; and the files that they are read from.
    """
    ranges, images = config.augmentation, data.training_images()
    if ranges.mode == "live":
        return Live(model, taps[0], images.files, config), []
    if ranges.mode == "none" or ranges.views < 2:
        return None, []
    reporter.phase("features", len(images) * (ranges.views - 1), "images")
    arrays, files = store_views(model, taps, images, config, store, reporter.advance)
    return StoredViews(unchanged, data.rows["train"], arrays, config.seed), files


def store_views(
    model: keras.Model,
    taps: Sequence[str],
    images: ImageList,
    config: TrainingConfig,
    store: FeatureStore,
    progress: Progress,
) -> tuple[list[Array], list[FeatureFile]]:
    """Makes sure that the views of the training images are stored, at a run's cut and, where
    there is room, at those of the stage that follows.

    Args:
        model: A composed model.
        taps: The cut, and those that will be needed later.
        images: The training images.
        config: Settings and seed.
        store: Where features are kept.
        progress: Called with images done and in all.

    Returns:
        Features `(images, ...)` at the cut for each view from 1 on; and all files.
    """
    augmenter, views = Augmenter(config.augmentation), config.augmentation.views
    total = len(images) * (views - 1)
    arrays, files = [], []
    for number in range(1, views):
        before = len(images) * (number - 1)

        def advance(done: int, _: int, before: int = before) -> None:
            progress(before + done, total)

        view = View(augmenter, config.augmentation, config.seed, number, len(images))
        varied = ImageList(images.files, view)
        file, later = compute_features(
            model, taps[0], varied, store, advance, taps[1:], config.features_type
        )
        # Open from now on: what is deleted to make room for the next one can still be read.
        arrays.append(file.read())
        files += [file, *later]
    return arrays, files
