"""The same training with other seeds: what is queued, and what a statistician would sign."""

from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import ttest_1samp

from core.config import FineTuneConfig, HeadConfig, TrainingConfig
from core.errors import RunError
from core.evaluation.seed_noise import (
    SeedNoise,
    gain_in_words,
    mean_interval,
    queue_seeds,
    seed_noise,
    spread_in_words,
)
from core.evaluation.verdict import Outcome
from core.jobs.state import write_status
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import group_about

HEAD = HeadConfig("data", "v1", training=TrainingConfig(seed=4))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def pair(store: RunStore) -> tuple[Run, Run]:
    head = store.create(HEAD)
    training = TrainingConfig(seed=7, learning_rate=1e-4)
    return head, store.create(FineTuneConfig(head.id, HEAD, "block6", training=training))


def noise_of(
    store: RunStore,
    run: Run,
    heads: list[float],
    tuned: list[float] | None = None,
    stopped: bool = False,
) -> SeedNoise:
    """Ends as many members as there are accuracies, and stops the others where asked."""
    group = group_about(store.list(), "seeds", run.id)
    assert group is not None
    rest = {run.id: run for run in group.runs}
    for kind, values in ((True, heads), (False, tuned or [])):
        members = [member for member in group.runs if member.is_head is kind]
        for member, value in zip(members, values, strict=False):
            del rest[member.id]
            status = RunStatus(RunState.COMPLETED, results={"test_accuracy": value})
            write_status(member.path, status)
    for member in rest.values():
        if stopped:
            store.request_stop(member.id)
    again = group_about(store.list(), "seeds", run.id)
    assert again is not None
    return seed_noise(again)


def test_every_seed_fine_tunes_its_own_head(store: RunStore, pair: tuple[Run, Run]) -> None:
    head, tuned = pair
    queue_seeds(store.create, tuned, head)

    group = group_about(store.list(), "seeds", tuned.id)
    assert group is not None
    assert len(group.runs) == 10
    for before, after in zip(group.runs[::2], group.runs[1::2], strict=True):
        assert isinstance(after.config, FineTuneConfig)
        assert after.config.head_run_id == before.id
        assert after.config.base == before.config
        assert after.config.training.seed == before.config.training.seed
        assert replace(after.config.training, seed=7) == tuned.config.training
    # none repeats a seed of the run that they are asked for
    assert [run.config.training.seed for run in group.runs[::2]] == [8, 9, 10, 11, 12]


def test_a_head_alone_is_trained_again_alone(store: RunStore) -> None:
    head = store.create(HEAD)
    queue_seeds(store.create, head, None)
    noise = noise_of(store, head, [0.90, 0.92, 0.94])

    assert not noise.paired
    assert "3 heads with other seeds have 92.0 %" in spread_in_words(noise)
    # t(0.975, 2) = 4.303, s = 2 points, times the root of two
    assert "more than about 12.2 points" in spread_in_words(noise)
    assert gain_in_words(noise) == ""


def test_without_its_head_a_run_is_refused(store: RunStore, pair: tuple[Run, Run]) -> None:
    with pytest.raises(RunError, match="head run"):
        queue_seeds(store.create, pair[1], None)


def test_the_interval_is_students(store: RunStore) -> None:
    values = [3.1, 2.7, 4.0, 3.3, 2.9]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)

    interval = mean_interval(values)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert mean_interval([1.0]) is None


@pytest.mark.parametrize(
    ("tuned", "outcome", "words"),
    [
        ([0.94, 0.95, 0.96, 0.95, 0.95], Outcome.HELPED, ": more than seeds differ"),
        ([0.88, 0.89, 0.87, 0.88, 0.88], Outcome.HURT, ": more than seeds differ"),
        ([0.91, 0.90, 0.93, 0.91, 0.90], Outcome.CANNOT_TELL, ": no more than seeds differ"),
    ],
)
def test_a_gain_counts_where_its_interval_leaves_out_zero(
    store: RunStore, pair: tuple[Run, Run], tuned: list[float], outcome: Outcome, words: str
) -> None:
    queue_seeds(store.create, pair[1], pair[0])
    noise = noise_of(store, pair[1], [0.91, 0.92, 0.91, 0.90, 0.91], tuned)

    assert noise.outcome is outcome
    assert words in gain_in_words(noise)


@pytest.mark.parametrize(("gains", "words"), [(2, ""), (4, "with 4 other seeds")])
def test_a_stopped_group_tells_what_it_has_where_that_is_enough(
    store: RunStore, pair: tuple[Run, Run], gains: int, words: str
) -> None:
    queue_seeds(store.create, pair[1], pair[0])
    noise = noise_of(store, pair[1], [0.9] * gains, [0.95] * gains, stopped=True)

    assert (noise.outcome is Outcome.HELPED) == bool(words)
    assert words in gain_in_words(noise)
    assert bool(gain_in_words(noise)) == bool(words)


def test_no_verdict_before_the_last_seed(store: RunStore, pair: tuple[Run, Run]) -> None:
    queue_seeds(store.create, pair[1], pair[0])
    noise = noise_of(store, pair[1], [0.90, 0.90, 0.90, 0.90], [0.95, 0.95, 0.95])

    assert len(noise.table) == 4
    assert noise.table["gain"].notna().sum() == 3
    assert noise.outcome is Outcome.CANNOT_TELL
    assert gain_in_words(noise) == ""
    assert spread_in_words(noise).startswith("So far")


@pytest.mark.parametrize(
    ("gain", "words"), [(0.04, "is no exception"), (0.08, "had a lucky"), (0.01, "had an unlucky")]
)
def test_the_run_itself_is_held_against_the_seeds(
    store: RunStore, pair: tuple[Run, Run], gain: float, words: str
) -> None:
    queue_seeds(store.create, pair[1], pair[0])
    noise = noise_of(store, pair[1], [0.9] * 5, [0.94, 0.945, 0.935, 0.94, 0.94])

    assert words in spread_in_words(noise, gain)
    assert "head alone varies by 0.0 points and the fine-tuned model by 0.4" in spread_in_words(
        noise
    )
