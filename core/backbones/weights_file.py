"""Reads a file of weights into a model: checked whole before the first weight is changed.

Keras' own loader stops in the middle of a file that does not fit, and leaves a model that is half
one thing and half another; its messages name neither layer nor shapes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np

from core.errors import WeightsError
from core.language import Words, tr

SUFFIXES = (".weights.h5", ".h5", ".keras")
_MAX_WEIGHTS_BYTES = 4_000_000_000


@dataclass(frozen=True)
class _Pair:
    """A weight of the model and where the file should have it."""

    layer: str
    variable: keras.Variable
    dataset: str


def load_weights_file(model: keras.Model, path: Path, title: str) -> None:
    """Fills a model from a file in one of Keras' formats.

    Args:
        model: The architecture. It keeps its weights where the file does not fit.
        path: `.weights.h5`, `.h5` (weights alone or a whole model) or `.keras`. What the file
            has behind the model's last layer, such as a classifier, is left out.
        title: The architecture's name, for messages.

    Raises:
        WeightsError: If the file cannot be read, or a weight is missing or has another shape.
    """
    try:
        with _opened(path) as file:
            pairs = _pairs(model, file)
            for pair in pairs:
                _check(pair, file)
            for pair in pairs:
                pair.variable.assign(np.asarray(file[pair.dataset]))
    except _Misfit as misfit:
        raise WeightsError(
            tr("{file} does not fit {title}: {why}", file=path.name, title=title, why=misfit.why),
            tr(
                "Use a file of {title}'s weights without its classifier (include_top=False).",
                title=title,
            ),
        ) from misfit
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(
            tr("{file} cannot be read as a file of Keras weights.", file=path.name),
            tr("Download or save it again."),
        ) from error
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights


class _Misfit(Exception):  # noqa: N818 - told to the user as a WeightsError
    """Difference between a weights file and the model."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def _opened(path: Path) -> Iterator[h5py.Group]:
    if path.suffix != ".keras":
        with h5py.File(path, "r") as file:
            whole_model = "layer_names" not in file.attrs and "model_weights" in file
            yield file["model_weights"] if whole_model else file
        return
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("model.weights.h5").file_size
        if size > _MAX_WEIGHTS_BYTES:
            raise ValueError(f"its weights have {size} bytes")
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
            yield file


def _pairs(model: keras.Model, file: h5py.Group) -> list[_Pair]:
    if "layer_names" in file.attrs or "layer_names0" in file.attrs:
        return _legacy_pairs(model, file)
    return list(_current_pairs(model.layers, "layers"))


def _current_pairs(layers: Sequence[keras.Layer], prefix: str) -> Iterator[_Pair]:
    """Keras 3 numbers the layers of each class and, in a layer, its weights."""
    used: dict[str, int] = {}
    for layer in layers:
        kind = _snake_case(type(layer).__name__)
        count = used[kind] = used.get(kind, -1) + 1
        place = f"{prefix}/{kind}_{count}" if count else f"{prefix}/{kind}"
        if isinstance(layer, keras.Model):
            yield from _current_pairs(layer.layers, f"{place}/layers")
            continue
        for i, variable in enumerate(_weights(layer)):
            yield _Pair(layer.name, variable, f"{place}/vars/{i}")


def _snake_case(name: str) -> str:
    """A class name as files of Keras write it: `ReLU` is `re_lu`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _legacy_pairs(model: keras.Model, file: h5py.Group) -> list[_Pair]:
    """Files of Keras 2 list their layers, and each layer its weights, in order."""
    stored = [(name, _names(file[name], "weight_names")) for name in _names(file, "layer_names")]
    stored = [(name, weights) for name, weights in stored if weights]
    layers = [(layer, _weights(layer)) for layer in model.layers]
    layers = [(layer, weights) for layer, weights in layers if weights]
    if len(stored) < len(layers):
        raise _Misfit(
            tr(
                "it has {stored} layers with weights; the architecture has {needed}.",
                stored=len(stored),
                needed=len(layers),
            )
        )
    pairs = []
    for (layer, variables), (group, names) in zip(layers, stored, strict=False):
        if len(names) != len(variables):
            raise _Misfit(
                tr(
                    "layer {layer} has {needed} weights; the file's layer {other} has {stored}.",
                    layer=layer.name,
                    needed=len(variables),
                    other=group,
                    stored=len(names),
                )
            )
        pairs += [
            _Pair(layer.name, variable, f"{group}/{name}")
            for variable, name in zip(variables, names, strict=True)
        ]
    return pairs


def _weights(layer: keras.Layer) -> list[keras.Variable]:
    """A layer's weights in the order of files: those that are trained, then the others."""
    trained = {id(v) for v in layer.trainable_variables}
    weights: list[keras.Variable] = layer.weights
    return sorted(weights, key=lambda v: id(v) not in trained)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names among a group's attributes; long ones are kept in numbered pieces."""
    if attribute in group.attrs:
        values = list(group.attrs[attribute])
    else:
        values, i = [], 0
        while f"{attribute}{i}" in group.attrs:
            values += list(group.attrs[f"{attribute}{i}"])
            i += 1
    return [v.decode() if isinstance(v, bytes) else str(v) for v in values]


def _check(pair: _Pair, file: h5py.Group) -> None:
    place = tr("layer {layer}, weight {weight}", layer=pair.layer, weight=pair.variable.name)
    dataset = _dataset(file, pair.dataset)
    if dataset is None:
        raise _Misfit(tr("it has nothing for {place}.", place=place))
    needed = tuple(pair.variable.shape)
    if dataset.shape != needed:
        raise _Misfit(
            tr(
                "{place} has shape {stored} in the file and needs {needed}.",
                place=place,
                stored=str(dataset.shape),
                needed=str(needed),
            )
        )


def _dataset(file: h5py.Group, name: str) -> h5py.Dataset | None:
    """The dataset of that name; none where it leads out of the file."""
    item = file
    for part in name.split("/"):
        is_group = isinstance(item, h5py.Group)
        link = item.get(part, getlink=True) if is_group and part in item else None
        if not isinstance(link, h5py.HardLink):
            return None
        item = item[part]
    if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
        return None
    return item
