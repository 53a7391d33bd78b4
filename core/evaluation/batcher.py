"""Combine simultaneous requests of several threads to one model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class _Waiting:
    image: Array
    probabilities: Array | None = None


class Batcher:
    """One thread at a time runs the model, on all that waits, also for the others.

    Nobody waits for a batch to fill: what came while the model was busy is the next batch.

    Args:
        classify: Takes uint8 `(n, image_size, image_size, 3)` and gives float32 `(n, classes)`;
            called by one thread at a time.
        most: Most images of one call.
    """

    def __init__(self, classify: Callable[[Array], Array], most: int) -> None:
        self._classify = classify
        self._most = most
        self._model = threading.Lock()
        self._guard = threading.Lock()
        self._queue: list[_Waiting] = []

    def classify(self, images: Array) -> Array:
        """Probabilities of one thread's images, in their order; at least one image."""
        mine = [_Waiting(image) for image in images]
        with self._guard:
            self._queue += mine
        try:
            while _unanswered(mine):
                with self._model:
                    if _unanswered(mine):  # another thread may have done it by now
                        self._run()
        finally:  # where the model failed, the others still get their turn
            self._forget(mine)
        return np.stack([each.probabilities for each in mine if each.probabilities is not None])

    def _run(self) -> None:
        with self._guard:
            batch = self._queue[: self._most]
        found = self._classify(np.stack([each.image for each in batch]))
        for each, probabilities in zip(batch, found, strict=True):
            each.probabilities = probabilities
        self._forget(batch)

    def _forget(self, done: list[_Waiting]) -> None:
        gone = {id(each) for each in done}
        with self._guard:
            self._queue = [each for each in self._queue if id(each) not in gone]


def _unanswered(mine: list[_Waiting]) -> bool:
    return any(each.probabilities is None for each in mine)
