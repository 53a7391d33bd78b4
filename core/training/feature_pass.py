"""The pass over the images: computes the outputs of frozen layers once and stores them.

Several outputs (taps) come from ONE pass, so that the head and the fine-tuning that follows
share it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import keras

from core.backbones.compose import INPUT_NAME
from core.backbones.graph import Step, graph_steps, step_output
from core.config import FeaturesType
from core.datasets.decode import DECODER_VERSION
from core.errors import UnfreezeError
from core.language import tr
from core.training.feature_store import FeatureFile, FeatureStore, feature_key
from core.training.forward import ImageList, computed, forward_to

FLUSH_SECONDS = 2.0
# Settings of a layer that do not change what it gives once it has its weights.
_NO_EFFECT = ("name", "trainable", "dtype", "_initializer", "_regularizer", "_constraint", "seed")

Progress = Callable[[int, int], None]
RunPass = Callable[[keras.Model, Sequence[tuple[str, FeatureFile]], ImageList, Progress], None]


def tap_file(
    store: FeatureStore,
    model: keras.Model,
    tap: str,
    images: ImageList,
    features_type: FeaturesType = "float32",
) -> FeatureFile:
    """The stored array for one tap: the output of the operation named `tap`, for every image.

    The tap `image` stands for the decoded images themselves, stored as uint8.
    """
    output = step_output(model, tap)
    shape = tuple(int(size) for size in output.shape[1:])
    size = int(model.inputs[0].shape[1])
    prefix = keras.Model(model.inputs[0], output)
    dtype = "uint8" if tap == INPUT_NAME else features_type
    parts = {
        "images": images.hashes,
        "decoder": DECODER_VERSION,
        "image_size": size,
        "layers": [_described(step) for step in graph_steps(prefix)],
        "weights": _values_hash(prefix),
        "type": dtype,
    }
    if images.variation:
        parts["variation"] = images.variation.facts
    return store.file(feature_key(parts), (len(images), *shape), dtype)


def _described(step: Step) -> str:
    """Description of an operation's computation, without its weights and name.

    Keras numbers layers through the whole process, so their names say nothing.
    """
    operation = step.operation
    settings = operation.get_config() if isinstance(operation, keras.layers.Layer) else {}
    told = {name: settings[name] for name in sorted(settings) if not name.endswith(_NO_EFFECT)}
    precision = getattr(operation, "compute_dtype", "")
    return f"{type(operation).__name__} {precision} {step.sources} {told}"


def _values_hash(prefix: keras.Model) -> str:
    digest = hashlib.sha256()
    for weight in prefix.weights:
        value = weight.numpy()
        digest.update(f"{value.shape} {value.dtype}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def compute_features(
    model: keras.Model,
    tap: str,
    images: ImageList,
    store: FeatureStore,
    progress: Progress,
    also: Sequence[str] = (),
    features_type: FeaturesType = "float32",
    run_pass: RunPass | None = None,
) -> tuple[FeatureFile, list[FeatureFile]]:
    """Makes sure that the output of `tap` is stored, and those of `also` where there is room.

    Args:
        model: A composed model.
        tap: Name of an operation, or `image`.
        images: What to compute it for.
        store: Where it is kept.
        progress: Called with `(images done, images in all)`; may raise to stop. What was
            computed until then stays.
        also: Taps that a later stage will need; they cost no second pass.
        features_type: How the values are written.
        run_pass: Does the pass; by default this process alone, row by row.

    Returns:
        The complete file of `tap`, and those of `also` that there was room for.

    Raises:
        InvalidImageError: If a file has changed since its scan, or is gone.
        UnfreezeError: If there is no room on the disk or in the budget.
    """
    total = len(images)
    wanted = {name: tap_file(store, model, name, images, features_type) for name in (tap, *also)}
    with ExitStack() as stack:
        # In the order of the keys, so that two runs never wait for each other.
        for file in sorted(wanted.values(), key=lambda f: f.path):
            stack.enter_context(file.locked(lambda: progress(0, total)))
        missing = {
            name: file
            for name, file in wanted.items()
            if not file.complete and _reserved(store, file, required=name == tap)
        }
        if missing:
            (run_pass or _run_pass)(model, list(missing.items()), images, progress)
    progress(total, total)
    return wanted[tap], [wanted[name] for name in also if wanted[name].complete]


def _reserved(store: FeatureStore, file: FeatureFile, required: bool) -> bool:
    """Takes the room for a file; False where there is none and it is not required."""
    if not store.make_room(file.bytes, keep=[file.path]):
        if not required:
            return False
        raise UnfreezeError(
            tr(
                "The stored features would take {size} MB; all together may take {most} MB.",
                size=round(file.bytes / 1e6),
                most=round(store.budget / 1e6),
            ),
            tr(
                "Choose a smaller image size or a later block, or raise "
                "UNFREEZE_MAX_FEATURES_BYTES."
            ),
        )
    try:
        file.reserve()
    except UnfreezeError:
        if required:
            raise
        return False
    return True


def _run_pass(
    model: keras.Model,
    missing: Sequence[tuple[str, FeatureFile]],
    images: ImageList,
    progress: Progress,
) -> None:
    forward = forward_to(model, [tap for tap, _ in missing])
    total = len(images)
    stored = [file.rows_done for _, file in missing]
    size = int(model.inputs[0].shape[1])
    flushed = time.monotonic()
    for first, outputs in computed(forward, images, size, min(stored), total):
        done = first + len(outputs[0])
        for (_, file), rows, output in zip(missing, stored, outputs, strict=True):
            if done > rows:
                file.write(first, output)
        if done == total or time.monotonic() - flushed > FLUSH_SECONDS:
            for (_, file), rows in zip(missing, stored, strict=True):
                file.flush(max(done, rows))
            flushed = time.monotonic()
        progress(done, total)
