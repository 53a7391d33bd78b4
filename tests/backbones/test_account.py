"""The account against figures worked out by hand."""

import pytest

from core.backbones.account import account, unfrozen_blocks
from core.backbones.block import Block
from core.errors import BackboneError


def make_block(name: str, parameters: int, multiply_adds: int, norm: int = 0) -> Block:
    return Block(
        name=name,
        layers=(f"{name}_conv", f"{name}_out"),
        parameters=parameters,
        statistics=norm // 2,
        batchnorm_parameters=norm,
        batchnorm_layers=1 if norm else 0,
        multiply_adds=multiply_adds,
        output_shape=(4, 4, 8),
    )


BLOCKS = (
    make_block("stem", 100, 10),
    make_block("block1", 200, 30, 40),
    make_block("top", 300, 60),
)


def test_from_a_block_on_counts_it_and_all_after_it() -> None:
    got = account(BLOCKS, 50, "block1", "from")

    assert got.unfrozen == ("block1", "top")
    assert got.trainable == 50 + (200 - 40) + 300
    assert got.frozen == 100 + 40
    assert got.total == 650
    assert got.compute_trained == pytest.approx(0.9)
    assert got.stored_bytes_per_image == 4 * 4 * 8 * 4


def test_one_block_alone_still_computes_all_that_follows() -> None:
    got = account(BLOCKS, 50, "block1", "only")

    assert got.trainable == 50 + 160
    assert got.compute_trained == pytest.approx(0.9)


def test_unfrozen_batchnorm_trains_its_scale_but_not_its_statistics() -> None:
    got = account(BLOCKS, 50, "block1", "only", freeze_batchnorm=False)

    assert got.trainable == 50 + 200 - 20


def test_head_alone_computes_nothing_of_the_backbone() -> None:
    got = account(BLOCKS, 50, scope="none")

    assert (got.trainable, got.frozen, got.compute_trained) == (50, 600, 0.0)
    assert got.speed_up == float("inf")


def test_everything_unfrozen_stores_the_images() -> None:
    got = account(BLOCKS, 50, scope="all", input_values=48)

    assert got.frozen == 40
    assert got.stored_bytes_per_image == 48, "as decoded, a byte a value"
    assert got.speed_up == pytest.approx(1.0)


def test_speed_up_counts_the_backward_pass_twice() -> None:
    got = account(BLOCKS, 50, "top", "from")

    assert got.speed_up == pytest.approx((0.4 + 3 * 0.6) / (3 * 0.6))


def test_an_unknown_block_is_named_with_the_choices() -> None:
    with pytest.raises(BackboneError, match=r"block9.*stem, block1, top"):
        unfrozen_blocks(BLOCKS, "block9", "from")


@pytest.mark.parametrize(
    ("name", "title"),
    [("block5", "block 5"), ("stem", "stem"), ("top", "top"), ("conv4", "conv 4")],
)
def test_titles_read_as_words(name: str, title: str) -> None:
    assert make_block(name, 1, 1).title == title
