"""A data set as training sees it: files, labels and the rows of each split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.config import TrainingConfig
from core.datasets import Dataset
from core.datasets.scanned import scanned_images
from core.datasets.share import draw_share
from core.errors import DatasetError
from core.language import tr
from core.training.batches import Batches, Varied
from core.training.forward import ImageList

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TrainingData:
    """The usable images of a data set, in the order of its manifest.

    Attributes:
        class_names: In the order of the labels.
        names: Paths as in the manifest.
        images: The files.
        labels: int64 `(images,)`.
        rows: Indices of the images of each split.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    images: ImageList
    labels: Array
    rows: dict[str, Array]

    def batches(
        self,
        features: Array,
        split: str,
        config: TrainingConfig,
        shuffled: bool = False,
        devices: int = 1,
        varied: Varied | None = None,
    ) -> Batches:
        """Batches of one split; in a new order each epoch where `shuffled`."""
        rows = self.rows[split]
        seed = config.seed if shuffled else None
        return Batches(features, rows, self.labels[rows], config.batch_size, seed, devices, varied)

    def training_images(self) -> ImageList:
        """The images of the training split."""
        return self.images.chosen(self.rows["train"])

    def held_out(self) -> TrainingData:
        """The images that are not trained on, alone."""
        kept = np.sort(np.concatenate([self.rows["val"], self.rows["test"]]))
        return replace(
            self,
            names=tuple(self.names[row] for row in kept),
            images=self.images.chosen(kept),
            labels=self.labels[kept],
            rows={
                "train": np.arange(0),
                **{split: np.searchsorted(kept, self.rows[split]) for split in ("val", "test")},
            },
        )

    def share_of(self, share: float, seed: int) -> TrainingData:
        """The same with a share of each class's training images, and all others as they are.

        The list of images stays, so that stored features serve every share.
        """
        train = self.rows["train"]
        drawn = draw_share(train, self.labels[train], share, seed)
        return replace(self, rows={**self.rows, "train": drawn})


def training_data(dataset: Dataset) -> TrainingData:
    """Reads a data set for training.

    Raises:
        DatasetError: If a class or a split that training needs has no usable image.
    """
    table = dataset.manifest()
    table = table[table["usable"]].reset_index(drop=True)
    labels = table["label"].to_numpy(np.int64)
    rows = {s: np.flatnonzero((table["split"] == s).to_numpy()) for s in ("train", "val", "test")}
    data = TrainingData(
        class_names=dataset.class_names,
        names=tuple(table["path"]),
        images=ImageList(scanned_images(dataset.root, table)),
        labels=labels,
        rows=rows,
    )
    _check(dataset, data)
    return data


def _check(dataset: Dataset, data: TrainingData) -> None:
    for split in ("train", "val"):
        if not len(data.rows[split]):
            raise DatasetError(
                tr("{name} has no usable image in {split}.", name=dataset.name, split=tr(split)),
                tr("Split it on the Data page."),
            )
    seen = set(data.labels[data.rows["train"]].tolist())
    missing = [name for i, name in enumerate(dataset.class_names) if i not in seen]
    if missing:
        raise DatasetError(
            tr(
                "{name} has no training image of class {class_name}.",
                name=dataset.name,
                class_name=repr(missing[0]),
            ),
            tr("Add images of that class, or remove it."),
        )
