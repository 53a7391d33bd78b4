"""One pass over the images that several processes share, shard by shard.

The run's own process leads: it works as the others do, and takes over what a dead one has left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing

import keras

from core.training.feature_pass import Progress, RunPass
from core.training.feature_store import FeatureFile
from core.training.forward import PASS_BATCH, Forward, ImageList, computed, forward_to
from core.training.shards import Shards

# Below this many images, another process would hardly have started before the end.
SHARED_FROM = 4000
POLL_SECONDS = 0.2
# A shard whose process has said nothing for so long is computed here, too.
SILENT_SECONDS = 60.0

Call = Callable[[str, Sequence[str]], AbstractContextManager[object]]


def shared_pass(call: Call) -> RunPass:
    """A pass that others are called to help with, for `compute_features`.

    Args:
        call: Called with the key of the first array and the taps; others may help while the
            context that it gives is open.
    """

    def run(
        model: keras.Model,
        missing: Sequence[tuple[str, FeatureFile]],
        images: ImageList,
        progress: Progress,
    ) -> None:
        forward, size = forward_to(model, [tap for tap, _ in missing]), _image_size(model)
        files = [file for _, file in missing]
        key, taps = files[0].path.name, [tap for tap, _ in missing]
        with closing(Shards.begin(files, PASS_BATCH)) as shards, call(key, taps):
            _lead(shards, files, forward, images, size, progress)
            shards.end()

    return run


def help_with(
    model: keras.Model,
    missing: Sequence[tuple[str, FeatureFile]],
    images: ImageList,
    progress: Progress,
) -> int:
    """Works on the shards of a pass that another process leads, until none is free.

    Args:
        model: As the leader has it.
        missing: The taps and arrays that the leader has named.
        images: As the leader has them.
        progress: Called after each batch; may raise to stop.

    Returns:
        How many shards it computed.
    """
    forward, size = forward_to(model, [tap for tap, _ in missing]), _image_size(model)
    files = [file for _, file in missing]
    count = 0
    with closing(Shards(files)) as shards:
        while _next_shard(shards, files, forward, images, size, progress):
            count += 1
    return count


def _lead(
    shards: Shards,
    files: Sequence[FeatureFile],
    forward: Forward,
    images: ImageList,
    size: int,
    progress: Progress,
) -> None:
    seen, since = -1, time.monotonic()
    while not shards.complete:
        silent = time.monotonic() - since > SILENT_SECONDS
        worked = _next_shard(shards, files, forward, images, size, progress, anyway=silent)
        if worked or shards.rows_done != seen:
            seen, since = shards.rows_done, time.monotonic()
        else:
            progress(seen, shards.total)
            time.sleep(POLL_SECONDS)


def _next_shard(
    shards: Shards,
    files: Sequence[FeatureFile],
    forward: Forward,
    images: ImageList,
    size: int,
    progress: Progress,
    anyway: bool = False,
) -> bool:
    """Computes a shard that nobody works on; False where there is none."""
    with shards.claimed(anyway) as shard:
        if shard is None:
            return False
        start, stop = shards.range_of(shard)
        before = shards.rows_done
        for first, outputs in computed(forward, images, size, start, stop):
            for file, output in zip(files, outputs, strict=True):
                file.write(first, output)
            progress(min(before + first - start + len(outputs[0]), shards.total), shards.total)
        shards.finish(shard)
    return True


def _image_size(model: keras.Model) -> int:
    return int(model.inputs[0].shape[1])
