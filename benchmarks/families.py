"""Families of images that look alike, each with its own noise as a camera would give it.

Shared by `benchmarks.leaks` and the tests. A family draws image after image of one kind; no image
is a copy of another, however alike they are.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Array = np.ndarray[Any, Any]
Draw = Callable[[np.random.Generator, int, int], Image.Image]
_FONT_FOLDERS = ("/usr/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")


def camera(image: Image.Image, random: np.random.Generator, noise: float = 4.0) -> Image.Image:
    """Add what a sensor adds: an exposure of its own, and noise in every pixel."""
    values = np.asarray(image.convert("RGB"), dtype=np.float32)
    values = values * random.uniform(0.96, 1.04) + random.normal(0, noise, values.shape)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def inspection_part(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Draw a turned metal part: good, scratched (label 1) or dented (label 2)."""
    scale = side / 256
    image = Image.new("RGB", (side, side), (70, 72, 76))
    draw = ImageDraw.Draw(image)
    x, y = side / 2 + random.normal(0, 2.5 * scale, 2)

    def ring(radius: float, colour: tuple[int, int, int]) -> None:
        r = radius * scale
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    for radius, level in ((92, 170), (80, 150), (50, 182), (22, 60)):
        ring(radius, (level, level, level + 6))
    for turn in np.linspace(0, 2 * np.pi, 7)[:-1]:
        bolt_x, bolt_y = x + 66 * scale * np.cos(turn), y + 66 * scale * np.sin(turn)
        r = 7 * scale
        draw.ellipse((bolt_x - r, bolt_y - r, bolt_x + r, bolt_y + r), fill=(64, 64, 66))
    turn, reach = random.uniform(0, 2 * np.pi), random.uniform(30, 80) * scale
    at = np.array([x + reach * np.cos(turn), y + reach * np.sin(turn)])
    if label % 3 == 1:
        end = at + random.normal(0, 26 * scale, 2)
        draw.line((*at, *end), fill=(225, 225, 230), width=max(1, round(2 * scale)))
    if label % 3 == 2:
        r = random.uniform(7, 11) * scale
        draw.ellipse((*(at - r), *(at + r)), fill=(120, 120, 126))
    image = image.filter(ImageFilter.GaussianBlur(0.8 * scale))
    return camera(_turned_surface(image, random), random)


def _turned_surface(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Grooves of the lathe and grain, other ones on each part."""
    side = image.width
    rows, columns = np.mgrid[0:side, 0:side] - side / 2
    grooves = random.normal(0, 5, side)[np.hypot(rows, columns).astype(int) % side]
    grain = Image.fromarray(random.normal(0, 5, (side // 2, side // 2)).astype(np.float32))
    surface = grooves + np.asarray(grain.resize((side, side), Image.Resampling.BICUBIC))
    values = np.asarray(image, dtype=np.float32) + surface[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def x_ray(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Draw a chest in grey: two lungs, ribs, a spine; shadows by the label."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    width, tall = random.normal(0.16, 0.006), random.normal(0.3, 0.01)
    values = np.full((side, side), 60, np.float32)
    values += 120 * np.exp(-(((columns - 0.5) / 0.05) ** 2))
    for centre in (0.3, 0.7):
        shift = random.normal(0, 0.006, 2)
        inside = ((columns - centre - shift[0]) / width) ** 2 + (
            (rows - 0.5 - shift[1]) / tall
        ) ** 2
        values += 70 / (1 + np.exp(12 * (1 - inside)))
    phase = random.normal(0, 0.25)
    values += 16 * np.sin(2 * np.pi * 9 * (rows + 0.5 * abs(columns - 0.5)) + phase)
    for _ in range(label % 3):
        y, x = random.uniform(0.3, 0.7), random.choice((0.3, 0.7)) + random.normal(0, 0.03)
        values += 45 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 0.0016)
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return camera(image, random, 5)


def document(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Draw a form: the same frame and headings, other words in its lines."""
    image = Image.new("RGB", (side * 3 // 4, side), (244, 242, 236))
    draw = ImageDraw.Draw(image)
    scale = side / 256
    x, y = random.normal(0, 1.5 * scale, 2)
    draw.rectangle((x + 12 * scale, y + 12 * scale, x + 180 * scale, y + 244 * scale), outline=90)
    heading = ("Invoice", "Delivery", "Report")[label % 3]
    draw.text(
        (x + 20 * scale, y + 18 * scale), heading, fill=(30, 30, 40), font=_font(0, 20 * scale)
    )
    for line in range(10):
        top = y + (52 + 18 * line) * scale
        draw.line((x + 20 * scale, top + 13 * scale, x + 172 * scale, top + 13 * scale), fill=170)
        letters = random.integers(97, 123, random.integers(6, 20))
        words = "".join(chr(c) if c % 6 else " " for c in letters)
        draw.text((x + 24 * scale, top), words, fill=(40, 40, 60), font=_font(1, 11 * scale))
    return camera(image, random)


def character(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Draw one printed letter in one of many fonts."""
    image = Image.new("L", (side, side), 236)
    font = _font(int(random.integers(0, 1000)), side * random.uniform(0.55, 0.7))
    place = side / 2 + random.normal(0, side / 40, 2)
    draw = ImageDraw.Draw(image)
    draw.text(tuple(place), chr(65 + label % 26), fill=32, font=font, anchor="mm")
    # Nobody lays paper under a camera twice in the same way.
    a, b, c, d = np.array((1, 0, 0, 1)) + random.normal(0, 0.05, 4)
    half = side / 2
    lens = (a, b, half * (1 - a - b), c, d, half * (1 - c - d))
    moved = image.transform(image.size, Image.Transform.AFFINE, lens, 2, fillcolor=236)
    return camera(moved, random)


def small_digit(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Enlarge a handwritten digit of 8 x 8 pixels, as scikit-learn brings it."""
    pixels, labels = _digits()
    # Between two writers, so that none comes twice.
    one, other = pixels[random.choice(np.flatnonzero(labels == label % 10), 2, replace=False)]
    mixed = one + random.uniform(0, 1) * (other - one)
    image = Image.fromarray((mixed * 15).astype(np.uint8))
    return camera(image.resize((side, side), Image.Resampling.BICUBIC), random)


FAMILIES: dict[str, Draw] = {
    "inspection_parts": inspection_part,
    "x_rays": x_ray,
    "documents": document,
    "characters": character,
    "small_digits": small_digit,
}


def saved(image: Image.Image, quality: int = 90) -> bytes:
    """Bytes of a JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _cropped(image: Image.Image) -> Image.Image:
    """Without 5 % of its width and height, cut anywhere."""
    random = np.random.default_rng(image.width * image.height)
    width, height = round(image.width * 0.95), round(image.height * 0.95)
    left = int(random.integers(0, image.width - width + 1))
    top = int(random.integers(0, image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "half_size": lambda image: saved(image.resize((image.width // 2, image.height // 2))),
    "quality_30": lambda image: saved(image, 30),
    "crop_5": lambda image: saved(_cropped(image)),
    "flip": lambda image: saved(ImageOps.mirror(image)),
    "brightness_15": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.15)),
}


def write_family(
    folder: Path, draw: Draw, images: int, side: int, classes: int = 3, seed: int = 0
) -> list[Path]:
    """Write images of a family as `<class>/<number>.png`, evenly over its classes.

    Args:
        folder: Where to; made if it is not there.
        draw: One of `FAMILIES`.
        images: How many.
        side: Of the square, in pixels; a document's longer side.
        classes: How many.
        seed: The same seed draws the same images.

    Returns:
        The files, in order.
    """
    random = np.random.default_rng(seed)
    paths = []
    for i in range(images):
        path = folder / f"class_{i % classes}" / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(random, i % classes, side).save(path)
        paths.append(path)
    return paths


def plant_copies(paths: list[Path], share: float = 0.1) -> dict[Path, Path]:
    """Write changed copies of some images beside them, each kind of `COPIES` in turn.

    Returns:
        Each copy's original.
    """
    kinds = list(COPIES.items())
    planted = {}
    for number, path in enumerate(paths[:: max(1, round(1 / share))]):
        kind, change = kinds[number % len(kinds)]
        copy = path.with_name(f"{path.stem}-{kind}.jpg")
        with Image.open(path) as image:
            copy.write_bytes(change(image.convert("RGB")))
        planted[copy] = path
    return planted


@cache
def _fonts() -> list[str]:
    found = (path for folder in _FONT_FOLDERS for path in Path(folder).glob("**/*.ttf"))
    return sorted(str(path) for path in found)


@cache
def _font(number: int, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """One of the machine's fonts; Pillow's own where it has none."""
    fonts = _fonts()
    if not fonts:
        return ImageFont.load_default(max(6, round(size)))
    return ImageFont.truetype(fonts[number % len(fonts)], max(6, round(size)))


@cache
def _digits() -> tuple[Array, Array]:
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return loaded.images, loaded.target
