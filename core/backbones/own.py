"""A user's own backbone: a `.keras` file in the workspace's `weights/`, described without keras.

It takes RGB in [0, 255] and prepares it itself, and ends with a feature map. A file whose name
starts with a backbone of the catalogue (`vgg16.keras`) holds that backbone's weights instead.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.backbones.spec import BackboneSpec
from core.errors import BackboneError
from core.files import parse_json
from core.language import mark, tr

OWN_PREFIX = "own:"
USUAL_IMAGE_SIZE = 224
USUAL_MIN_IMAGE_SIZE = 32
BYTES_PER_VALUE = 4  # float32
_LARGEST_IMAGE_SIZE = 10_000
_MAX_CONFIG_BYTES = 50_000_000
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,  # a password, or a compression that Python does not know
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def own_spec(name: str, weights_dir: Path | None = None) -> BackboneSpec:
    """Describes a user's own backbone.

    Args:
        name: `own:<file name>`.
        weights_dir: The workspace's `weights/`. Without it the file is not looked at, and what
            only it can tell has the usual values.

    Raises:
        BackboneError: If the name has a folder in it, or there is no such `.keras` file.
    """
    file_name = name.removeprefix(OWN_PREFIX)
    if Path(file_name).name != file_name or not file_name.endswith(".keras"):
        raise BackboneError(
            tr("{name} does not name a backbone of your own.", name=repr(name)),
            tr("Put a .keras file into the workspace's weights folder and use own:<file name>."),
        )
    image_size, parameters = USUAL_IMAGE_SIZE, 0
    if weights_dir is not None:
        image_size, parameters = _described(weights_dir / file_name)
    return BackboneSpec(
        name=name,
        title=file_name.removesuffix(".keras"),
        builder="",
        preprocessing="included",
        default_image_size=image_size,
        min_image_size=min(USUAL_MIN_IMAGE_SIZE, image_size),
        default_block="",
        parameters=parameters,
        top1=0.0,
        source="",
        licence=mark("Your own"),
        sentence=mark("Your own backbone; it takes RGB values from 0 to 255."),
        weights_file=file_name,
    )


def own_backbones(weights_dir: Path, catalog: Iterable[str]) -> list[BackboneSpec]:
    """The user's own backbones in a folder, by name; unreadable files are left out."""
    names = tuple(catalog)
    found = []
    for path in sorted(weights_dir.glob("*.keras")) if weights_dir.is_dir() else []:
        if any(is_named_after(path, name) for name in names):
            continue
        try:
            found.append(own_spec(OWN_PREFIX + path.name, weights_dir))
        except BackboneError:
            continue
    return found


def is_named_after(path: Path, name: str) -> bool:
    """Return True if a file is named after a backbone, with a separator: `vgg16-mine.keras`."""
    # `vgg16` must not take a file of `vgg16bn`.
    return path.name.startswith(name) and path.name[len(name) : len(name) + 1] in ("-", "_", ".")


def _described(path: Path) -> tuple[int, int]:
    """Image size, and about how many parameters the size of a `.keras` file's weights makes."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = _read_config(archive)
            weights = archive.getinfo("model.weights.h5").file_size
    except FileNotFoundError:
        raise BackboneError(
            tr("There is no {file} in the weights folder.", file=path.name),
            tr("Put it into {folder}.", folder=str(path.parent)),
        ) from None
    except _DAMAGED as error:
        raise BackboneError(
            tr("{file} in the weights folder is not a readable .keras file.", file=path.name),
            tr("Save the model again with model.save('name.keras')."),
        ) from error
    return _input_size(config), weights // BYTES_PER_VALUE


def _read_config(archive: zipfile.ZipFile) -> Any:
    info = archive.getinfo("config.json")
    if info.file_size > _MAX_CONFIG_BYTES:
        raise ValueError(f"config.json has {info.file_size} bytes")
    return parse_json(archive.read(info))


def _input_size(config: Any) -> int:
    """Side of the input; the usual one where the model takes any size."""
    try:
        first = config["config"]["layers"][0]["config"]
        shape = first.get("batch_shape") or first["batch_input_shape"]
        size = int(shape[1] or USUAL_IMAGE_SIZE)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return USUAL_IMAGE_SIZE
    return size if 0 < size <= _LARGEST_IMAGE_SIZE else USUAL_IMAGE_SIZE
