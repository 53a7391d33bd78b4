"""Threads that ask at the same time: one call for all that waits, and everybody's own answers."""

import threading
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.batcher import Batcher
from core.evaluation.classifier import Classifier
from tests.patience import PATIENCE_S, wait_until

DATA = Path(__file__).parent / "data"


class Model:
    """Gives each image's first value back; its first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.busy, self.go_on = threading.Event(), threading.Event()

    def classify(self, images: np.ndarray) -> np.ndarray:
        self.calls.append(len(images))
        self.busy.set()
        assert self.go_on.wait(PATIENCE_S)
        if (images == 99).any():
            raise RuntimeError("no answer to this one")
        return images[:, 0, 0, :1].astype(np.float32)


def image(value: int) -> np.ndarray:
    return np.full((1, 2, 2, 3), value, np.uint8)


def ask(batcher: Batcher, images: np.ndarray, answers: dict[int, object]) -> threading.Thread:
    def run() -> None:
        key = int(images[0, 0, 0, 0])
        try:
            answers[key] = batcher.classify(images)[:, 0].tolist()
        except RuntimeError as error:
            answers[key] = str(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def all_asked(batcher: Batcher, count: int) -> None:
    assert wait_until(lambda: len(batcher._queue) == count)


def test_what_came_meanwhile_is_run_together_and_everybody_gets_their_own() -> None:
    model, answers = Model(), {}
    batcher = Batcher(model.classify, most=4)
    threads = [ask(batcher, image(1), answers)]
    assert model.busy.wait(PATIENCE_S)
    threads += [ask(batcher, image(value), answers) for value in (2, 3, 4)]
    threads.append(ask(batcher, np.concatenate([image(5), image(6)]), answers))
    all_asked(batcher, 6)

    model.go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert answers == {1: [1.0], 2: [2.0], 3: [3.0], 4: [4.0], 5: [5.0, 6.0]}
    assert model.calls == [1, 4, 1]
    assert not batcher._queue


def test_a_failure_is_told_to_those_it_concerns_and_the_next_are_answered() -> None:
    model, answers = Model(), {}
    model.go_on.set()
    batcher = Batcher(model.classify, most=4)

    ask(batcher, image(99), answers).join(PATIENCE_S)
    ask(batcher, image(7), answers).join(PATIENCE_S)

    assert answers == {99: "no answer to this one", 7: [7.0]}


@pytest.mark.parametrize(
    ("file", "names"), [("colour", ("red", "green", "blue")), ("warm", ("cold", "warm"))]
)
def test_groups_of_a_real_model_have_the_same_answers(file: str, names: tuple[str, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3)).astype(np.uint8)
    one_by_one = Classifier(DATA / f"{file}.tflite", names, 8).classify(images)
    classifier = Classifier(DATA / f"{file}.tflite", names, 8)

    assert classifier.run_together(3)

    np.testing.assert_allclose(classifier.classify(images), one_by_one, atol=1e-6)
