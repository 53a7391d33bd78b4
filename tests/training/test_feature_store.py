"""The store of frozen layers' outputs: only whole rows count, and nothing is ever stale."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import UnfreezeError
from core.training.feature_store import FeatureStore, feature_key


def test_rows_count_only_after_a_flush(tmp_path: Path) -> None:
    file = FeatureStore(tmp_path).file("key", (6, 2))
    file.reserve()
    file.write(0, np.ones((3, 2), np.float32))

    assert file.rows_done == 0
    file.flush(3)

    assert file.rows_done == 3
    assert not file.complete


def test_another_process_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    first = FeatureStore(tmp_path).file("key", (4, 2))
    first.reserve()
    first.write(0, np.full((2, 2), 7, np.float32))
    first.flush(2)

    second = FeatureStore(tmp_path).file("key", (4, 2))
    second.reserve()
    second.write(2, np.full((2, 2), 9, np.float32))
    second.flush(4)

    assert second.complete
    np.testing.assert_array_equal(second.read()[:, 0], [7, 7, 9, 9])


def test_progress_without_values_starts_again(tmp_path: Path) -> None:
    file = FeatureStore(tmp_path).file("key", (4, 2))
    file.reserve()
    file.flush(3)
    (file.path / "features.npy").unlink()

    file.reserve()

    assert file.rows_done == 0


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    file = FeatureStore(tmp_path).file("key", (1000, 1000))

    with pytest.raises(UnfreezeError, match="no room for 4 MB"):
        file.reserve()

    assert not (file.path / "features.npy").exists()


def test_a_second_writer_waits_and_can_give_up(tmp_path: Path) -> None:
    class GivenUpError(Exception):
        pass

    def give_up() -> None:
        raise GivenUpError

    file = FeatureStore(tmp_path).file("key", (1, 1))
    other = FeatureStore(tmp_path).file("key", (1, 1))
    with file.locked(give_up), pytest.raises(GivenUpError), other.locked(give_up):
        pytest.fail("both hold the lock")
    with other.locked(give_up):
        assert other.path.is_dir()


def test_reading_is_read_only(tmp_path: Path) -> None:
    file = FeatureStore(tmp_path).file("key", (1, 1))
    file.reserve()
    file.flush(1)

    with pytest.raises(ValueError, match="read-only"):
        file.read()[0] = 1


def test_keys_follow_every_part() -> None:
    base = {"images": ["a", "b"], "tap": "block5", "weights": "w"}

    keys = {
        feature_key(base),
        feature_key({**base, "images": ["b", "a"]}),
        feature_key({**base, "tap": "block4"}),
        feature_key({**base, "weights": "v"}),
    }

    assert len(keys) == 4
    assert feature_key(dict(reversed(base.items()))) == feature_key(base)


def stored(store: FeatureStore, key: str, used: float) -> Path:
    file = store.file(key, (250,))  # a thousand bytes, and the header
    file.reserve()
    file.flush(250)
    for part in file.path.iterdir():
        os.utime(part, (used, used))
    return file.path


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget=3_600)
    old, middle, new = (stored(store, name, used) for name, used in (("a", 3), ("b", 1), ("c", 2)))

    assert store.make_room(1_000, keep=[])

    assert [path.exists() for path in (old, middle, new)] == [True, False, True]
    assert [entry.path for entry in store.stored()] == [new, old]


def test_nothing_goes_where_it_would_not_be_enough(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget=2_000)
    path = stored(store, "a", 1)

    assert not store.make_room(5_000, keep=[])
    assert path.exists()


def test_what_a_run_is_writing_stays(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget=1_500)
    path = stored(store, "a", 1)
    with store.file("a", (250,)).locked(lambda: None):
        assert not store.make_room(1_000, keep=[])
    assert path.exists()


def test_a_reader_keeps_what_is_deleted_under_it(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    file = store.file("a", (4, 1))
    file.reserve()
    file.write(0, np.arange(4, dtype=np.float32).reshape(4, 1))
    file.flush(4)
    array = file.read()

    assert store.delete(file.path)

    assert float(array.sum()) == 6.0


def test_float16_halves_the_disk_and_says_what_did_not_fit(tmp_path: Path) -> None:
    file = FeatureStore(tmp_path).file("key", (2, 3), "float16")
    file.reserve()
    file.write(0, np.array([[1e5, -7e4, 65504.0], [0.1, 2.0, -3.0]], np.float32))
    file.flush(2)

    assert file.bytes == 2 * 3 * 2
    assert file.clipped == 2
    np.testing.assert_array_equal(file.read()[0], [65504, -65504, 65504])
    np.testing.assert_allclose(file.read()[1], [0.1, 2, -3], rtol=2**-11)
