"""A corpus of image files that are broken, odd or hostile, made from scratch.

Each entry: file name, bytes, and the issue codes that a scan must find, in any order. A file is
left out where one of its codes says so, and every decoder must agree.
"""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

from tests.datasets.pictures import encoded, picture

Entry = tuple[str, bytes, str]
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8))
SMOOTH = picture(1, (80, 64))
FORMATS = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "TIFF": ".tif"}


def corpus() -> list[Entry]:
    return [
        *_cut_off(),
        *_not_images(),
        *_damaged_inside(),
        *_too_large(),
        *_animations_cut_off(),
        *_converted(),
        *_turned(),
        *_odd_names(),
        *_odd_shapes(),
    ]


def _cut_off() -> list[Entry]:
    entries = []
    for kind, suffix in FORMATS.items():
        data = encoded(NOISE, kind)
        for share in (0.3, 0.5, 0.7, 0.9, 0.98):
            entries.append((f"cut-{share}{suffix}", data[: int(len(data) * share)], "unreadable"))
    progressive = encoded(NOISE, "JPEG", progressive=True)
    for share in (0.2, 0.5, 0.8, 0.95):
        part = progressive[: int(len(progressive) * share)]
        entries.append((f"progressive-{share}.jpg", part, "unreadable"))
    jpeg = encoded(NOISE)
    for missing in (3, 10, 50):
        entries.append((f"all-but-{missing}.jpg", jpeg[:-missing], "unreadable"))
    return entries


def _not_images() -> list[Entry]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.jpg", encoded(SMOOTH))
    jpeg = encoded(SMOOTH)
    contents = {
        "empty.jpg": (b"", "zero_bytes"),
        "empty.png": (b"", "zero_bytes"),
        "page.jpg": (b"<!DOCTYPE html><html>404 Not Found</html>", "not_an_image"),
        "text.png": (b"just some words\n" * 50, "not_an_image"),
        "drawing.jpg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_an_image"),
        "archive.jpg": (archive.getvalue(), "not_an_image"),
        "paper.jpg": (b"%PDF-1.7\n" + bytes(200), "not_an_image"),
        "program.jpg": (b"MZ" + bytes(500), "not_an_image"),
        "film.jpg": (b"\0\0\0\x20ftypisom" + bytes(300), "not_an_image"),
        "zeros.jpg": (bytes(5000), "not_an_image"),
        "noise.jpg": (np.random.default_rng(1).bytes(5000), "not_an_image"),
        "magic-only.jpg": (b"\xff\xd8\xff\xe0", "not_an_image"),
        "magic-only.png": (b"\x89PNG\r\n\x1a\n", "not_an_image"),
        "wrong-magic.jpg": (b"\0\0" + jpeg[2:], "not_an_image"),
        "text-before.jpg": (b"HTTP/1.1 200 OK\r\n\r\n" + jpeg, "not_an_image"),
    }
    return [(name, data, issue) for name, (data, issue) in contents.items()]


def _damaged_inside() -> list[Entry]:
    png = encoded(NOISE, "PNG")
    stream = bytearray(png)
    stream[41] ^= 0xFF  # the first byte of the packed pixels
    return [
        ("stream.png", bytes(stream), "unreadable"),
        ("no-pixels.png", _png(80, 64, b""), "unreadable"),
        ("few-pixels.png", _png(80, 64, bytes(500)), "unreadable"),
        ("broken-exif.jpg", encoded(SMOOTH, exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), ""),
        ("trailing.jpg", encoded(SMOOTH) + b"something after the end" * 10, ""),
        ("no-size.png", _png(0, 0, b""), "not_an_image"),
    ]


def _too_large() -> list[Entry]:
    gif = bytearray(encoded(SMOOTH, "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    return [
        ("thirty-thousand.png", _png(30_000, 30_000, b""), "too_large"),
        ("gigapixels.png", _png(2_000_000_000, 2_000_000_000, b""), "too_large"),
        ("large.bmp", _bmp_header(40_000, 40_000), "too_large"),
        ("large.gif", bytes(gif), "too_large"),
    ]


def _animations_cut_off() -> list[Entry]:
    """Whole first pictures, and second ones cut off anywhere."""
    whole = encoded(SMOOTH, "GIF", save_all=True, append_images=[NOISE.resize(SMOOTH.size)])
    first = len(encoded(SMOOTH, "GIF"))
    # Near its beginning Pillow fails while it looks for a second picture, later on it does not.
    cuts = (first - 5, first + 3, first + 200, first + 700, first + 3000, len(whole) - 3)
    return [(f"moving-{cut}.gif", whole[:cut], "animated") for cut in cuts]


def _converted() -> list[Entry]:
    deep = Image.fromarray(np.linspace(0, 65535, 6400).reshape(64, 100).astype(np.uint16))
    clear = Image.new("RGBA", (64, 64), (200, 10, 10, 0))
    clear.paste(SMOOTH.crop((0, 0, 32, 64)), (0, 0))
    frames = {"save_all": True, "append_images": [NOISE.resize(SMOOTH.size), SMOOTH]}
    return [
        ("deep.png", encoded(deep, "PNG"), "sixteen_bit"),
        ("deep.tif", encoded(deep, "TIFF"), "sixteen_bit"),
        ("print.jpg", encoded(SMOOTH.convert("CMYK")), "cmyk"),
        ("print.tif", encoded(SMOOTH.convert("CMYK"), "TIFF"), "cmyk"),
        ("moving.gif", encoded(SMOOTH, "GIF", **frames), "animated"),
        ("moving.webp", encoded(SMOOTH, "WEBP", **frames), "animated"),
        ("moving.png", encoded(SMOOTH, "PNG", **frames), "animated"),
        ("clear.png", encoded(clear, "PNG"), "transparent"),
        ("clear.webp", encoded(clear, "WEBP", lossless=True), "transparent"),
        ("clear-grey.png", encoded(clear.convert("LA"), "PNG"), "transparent"),
        ("palette.png", encoded(SMOOTH.quantize(16), "PNG"), ""),
        ("one-bit.png", encoded(SMOOTH.convert("1"), "PNG"), ""),
        ("phone.jpg", encoded(SMOOTH, "MPO", save_all=True, append_images=[NOISE]), ""),
        ("lying.png", encoded(SMOOTH), "wrong_extension"),
        ("lying.jpg", encoded(SMOOTH, "PNG"), "wrong_extension"),
    ]


def _turned() -> list[Entry]:
    entries = []
    for orientation in (*range(1, 9), 0, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        issue = "rotated" if 2 <= orientation <= 8 else ""
        entries.append((f"exif-{orientation}.jpg", encoded(SMOOTH, exif=exif), issue))
    return entries


def _odd_names() -> list[Entry]:
    names = (
        "кошка №1.jpg",
        "🐱 sleeping.jpg",
        "Same.jpg",
        "same.jpg",
        "a b;c,d'e.jpg",
        "UPPER.JPG",
    )
    # Each its own picture: copies are another matter.
    return [(name, encoded(picture(50 + i, (80, 64))), "") for i, name in enumerate(names)]


def _odd_shapes() -> list[Entry]:
    return [
        ("pixel.png", encoded(Image.new("RGB", (1, 1)), "PNG"), "blank;tiny"),
        ("tiny.png", encoded(NOISE.resize((5, 5)), "PNG"), "tiny"),
        ("strip.jpg", encoded(NOISE.resize((800, 20))), "elongated"),
        ("white.jpg", encoded(Image.new("RGB", (64, 64), "white")), "blank"),
        ("black.png", encoded(Image.new("L", (64, 64)), "PNG"), "blank"),
    ]


def _png(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info
