"""The proof tells frozen weights from unfrozen ones, and notices what should not be."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from core.backbones.blocks import find_blocks
from core.backbones.compose import set_trainable
from core.training.proof import prove, snapshot


@pytest.fixture
def model(tiny_model: Callable[..., keras.Model]) -> keras.Model:
    built = tiny_model()
    set_trainable(built, find_blocks(built)[-1].layers)
    return built


def test_moved_and_unmoved_weights_are_counted(model: keras.Model) -> None:
    before = snapshot(model)
    for weight in model.trainable_weights:
        weight.assign_add(np.full(weight.shape, 0.5, np.float32))
    proof = prove(model, before, find_blocks(model))

    # block 1, 2: kernel, bias and 4 of BatchNorm each; block 3: its frozen BatchNorm's 4.
    assert (proof["frozen_tensors"], proof["frozen_unchanged"]) == (16, 16)
    # block 3's kernel and bias, the head's kernel and bias.
    assert (proof["unfrozen_tensors"], proof["unfrozen_changed"]) == (4, 4)


def test_a_frozen_weight_that_moved_by_one_bit_is_noticed(model: keras.Model) -> None:
    before = snapshot(model)
    kernel = model.get_layer("block1_conv").kernel
    kernel.assign(np.nextafter(kernel.numpy(), np.float32(np.inf)))

    assert prove(model, before, find_blocks(model))["frozen_unchanged"] == 15


def test_an_unfrozen_weight_that_stayed_is_noticed(model: keras.Model) -> None:
    proof = prove(model, snapshot(model), find_blocks(model))

    assert proof["unfrozen_changed"] == 0


def test_movement_is_relative_to_where_the_weight_began(model: keras.Model) -> None:
    before = snapshot(model)
    kernel = model.get_layer("block3_conv").kernel
    kernel.assign(kernel.numpy() * 1.25)
    rows = {
        (row["layer"], row["weight"]): row
        for row in prove(model, before, find_blocks(model))["movement"]
    }

    moved = rows["block3_conv", "kernel"]
    assert moved["relative"] == pytest.approx(0.25, rel=1e-5)
    assert moved["block"] == "block3"
    assert rows["head_output", "kernel"]["block"] == "head"
    assert rows["head_output", "kernel"]["relative"] == 0


def test_statistics_of_unfrozen_batchnorm_are_told_apart(model: keras.Model) -> None:
    set_trainable(model, find_blocks(model)[-1].layers, freeze_batchnorm=False)
    proof = prove(model, snapshot(model), find_blocks(model))

    assert proof["statistics"] == 2
    assert proof["frozen_tensors"] == 12
