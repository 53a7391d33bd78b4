"""Image files, whole and broken, as bytes."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from PIL import Image


def picture(seed: int = 0, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Image.Image:
    """A smooth random image: noise of a few pixels, enlarged."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(seed).integers(0, 256, (4, 5, channels), dtype=np.uint8)
    small = Image.fromarray(values[..., 0] if channels == 1 else values[..., :channels], mode=mode)
    return small.resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0) -> bytes:
    return encoded(picture(seed))


def pets(count: int = 10, splits: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Files of two classes, `count` each; divided evenly where there are splits."""
    files = {}
    for label, name in enumerate(("cat", "dog")):
        for i in range(count):
            prefix = f"{splits[i % len(splits)]}/" if splits else ""
            files[f"{prefix}{name}/{i:02d}.jpg"] = jpeg(100 * label + i)
    return files


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_folder(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""
