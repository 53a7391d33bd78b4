"""The one decoder: every kind of file in, upright RGB out, and never half an image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.decode import decode_bytes, fit_bytes
from core.datasets.decode import open_rgb as opened
from core.datasets.facts import inspect
from core.errors import InvalidImageError
from tests.datasets.pictures import encoded, picture
from tests.decoded import decode


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def open_rgb(path: Path) -> Image.Image:
    return opened(path.read_bytes(), path.name)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "JPEG"),
        ("RGB", "PNG"),
        ("RGB", "BMP"),
        ("RGB", "WEBP"),
        ("RGB", "TIFF"),
        ("L", "PNG"),
        ("L", "JPEG"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
    ],
)
def test_every_kind_becomes_rgb(mode: str, kind: str, tmp_path: Path) -> None:
    path = write(tmp_path / "image", encoded(picture(mode=mode), kind))

    pixels = decode(path, 24)

    assert (pixels.shape, pixels.dtype) == ((24, 24, 3), np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int, tmp_path: Path) -> None:
    upright = Image.new("RGB", (20, 10), (0, 0, 255))
    upright.paste((255, 0, 0), (0, 0, 10, 5))  # red at the upper left
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(inverse[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = write(tmp_path / "image.png", encoded(stored, "PNG", exif=exif))

    image = open_rgb(path)

    assert image.size == (20, 10)
    assert image.getpixel((2, 2)) == (255, 0, 0)
    assert image.getpixel((15, 8)) == (0, 0, 255)


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path: Path) -> None:
    values = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    path = write(tmp_path / "deep.png", encoded(Image.fromarray(values), "PNG"))

    assert [open_rgb(path).getpixel((x, 0))[0] for x in range(3)] == [0, 100, 255]


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_floating_point_is_read_as_shares_or_as_eight_bits(white: float, tmp_path: Path) -> None:
    values = np.array([[0, white / 5, white]], dtype=np.float32)
    path = write(tmp_path / "deep.tif", encoded(Image.fromarray(values), "TIFF"))

    assert [open_rgb(path).getpixel((x, 0))[0] for x in range(3)] == [0, 51, 255]


def test_transparent_parts_lie_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0, 255))
    path = write(tmp_path / "image.png", encoded(image, "PNG"))

    assert open_rgb(path).getpixel((0, 0)) == (255, 0, 0)
    assert open_rgb(path).getpixel((3, 3)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_too(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 1)
    path = write(tmp_path / "image.gif", encoded(image, "GIF", transparency=0))

    assert open_rgb(path).getpixel((0, 0)) == (0, 255, 0)
    assert open_rgb(path).getpixel((3, 3)) == (255, 255, 255)


def test_print_colours_keep_their_meaning(tmp_path: Path) -> None:
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))  # magenta and yellow: red
    path = write(tmp_path / "print.jpg", encoded(ink, "JPEG", quality=95))

    red, green, blue = open_rgb(path).getpixel((4, 4))

    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_gives_its_first_picture(kind: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    options = {"save_all": True, "append_images": frames[1:]}
    path = write(tmp_path / "moving", encoded(frames[0], kind, **options))

    assert open_rgb(path).getpixel((4, 4))[0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_file_that_is_cut_off_is_never_half_read(kind: str, share: float, tmp_path: Path) -> None:
    random = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(random), kind)
    path = write(tmp_path / "cut.img", data[: int(len(data) * share)])

    with pytest.raises(InvalidImageError, match=r"cut\.img"):
        decode(path, 16)


def test_too_many_pixels_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "huge.png", encoded(Image.new("1", (3000, 3000)), "PNG"))

    with pytest.raises(InvalidImageError, match=r"huge\.png has 3000 x 3000 pixels"):
        decode(path, 16, max_pixels=1_000_000)


def test_what_the_scan_lets_pass_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "large.png", encoded(Image.new("1", (11_000, 10_000)), "PNG"))

    assert inspect(path, max_pixels=120_000_000).issues == "blank"
    assert decode(path, 16).shape == (16, 16, 3)


def test_a_bomb_of_thirty_thousand_pixels_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "bomb.png", encoded(Image.new("1", (30_000, 30_000)), "PNG"))

    with pytest.raises(InvalidImageError, match=r"bomb\.png"):
        decode(path, 16)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_image_is_named(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidImageError, match=r"thing\.jpg"):
        decode(write(tmp_path / "thing.jpg", data), 16)


def test_shrinking_averages_instead_of_picking(tmp_path: Path) -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    path = write(tmp_path / "stripes.png", encoded(Image.fromarray(stripes), "PNG"))

    assert abs(int(decode(path, 8)[4, 4, 0]) - 128) < 20


def test_only_formats_of_photos_are_read_whatever_a_file_is_called(tmp_path: Path) -> None:
    for kind in ("EPS", "PCX", "TGA", "SGI"):
        path = tmp_path / f"{kind}.png"
        Image.new("RGB", (8, 8), "red").save(path, kind)
        with pytest.raises(InvalidImageError, match="no image"):
            decode(path, 8)
        assert inspect(path, 10**6).issues == "not_an_image"


def photograph(mode: str = "RGB", size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Shapes at several scales, and noise as of a sensor."""
    random = np.random.default_rng(5)
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.zeros((size[1], size[0], channels), np.float32)
    for cells, strength in ((4, 0.5), (20, 0.25), (90, 0.15), (400, 0.07), (1200, 0.03)):
        for channel in range(channels):
            noise = Image.fromarray(random.integers(0, 256, (cells, cells), dtype=np.uint8))
            layer = noise.resize(size, Image.Resampling.BICUBIC)
            values[..., channel] += strength * np.asarray(layer, np.float32)
    pixels = values.astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode=mode)


LARGE_JPEGS: dict[str, dict[str, object]] = {
    "plain": {},
    "progressive": {"progressive": True},
    "whole-chroma": {"subsampling": 0},
    "rgb": {"keep_rgb": True},
    "grey": {"mode": "L"},
    "print": {"mode": "CMYK"},
    "phone": {"kind": "MPO", "save_all": True, "append_images": [picture(3)]},
}


def large(kind: str, **more: object) -> bytes:
    options = {"kind": "JPEG", "quality": 90, **LARGE_JPEGS[kind], **more}
    return encoded(photograph(str(options.pop("mode", "RGB"))), str(options.pop("kind")), **options)


@pytest.mark.parametrize("kind", LARGE_JPEGS)
@pytest.mark.parametrize("side", [64, 150, 224])
def test_a_large_jpeg_is_the_same_at_a_part_of_its_size(kind: str, side: int) -> None:
    data = large(kind)

    reduced = decode_bytes(data, "a.jpg", side).astype(int)
    whole = decode_bytes(data, "a.jpg", side, whole=True).astype(int)

    assert 0 < np.abs(reduced - whole).mean() <= 1


@pytest.mark.parametrize("side", [24, 100, 150, 224, 225, 226, 600, 2000])
def test_it_is_at_least_twice_as_large_as_needed_and_not_twice_that(side: int) -> None:
    width, height = opened(large("plain"), "a.jpg", needed=lambda _: (side, side)).size

    assert min(width, height) >= min(900, 2 * side)
    assert (width, height) == (150, 113) or min(width, height) // 2 < 2 * side


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_large_jpeg_stands_upright_too(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270}
    right = photograph().transpose(turn.get(orientation, Image.Transpose.ROTATE_90))

    turned = decode_bytes(large("plain", exif=exif), "a.jpg", 96).astype(int)

    resized = right.resize((96, 96), Image.Resampling.BILINEAR)
    assert np.abs(turned - np.asarray(resized, int)).mean() < 2


@pytest.mark.parametrize("kind", ["plain", "progressive", "grey", "print", "rgb"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_large_jpeg_that_is_cut_off_fails_at_every_size(
    kind: str, share: float, tmp_path: Path
) -> None:
    data = large(kind)
    cut = data[: int(len(data) * share)]
    path = write(tmp_path / "cut.jpg", cut)

    for whole in (False, True):
        with pytest.raises(InvalidImageError, match=r"cut\.jpg"):
            decode_bytes(cut, "cut.jpg", 32, whole=whole)
    assert inspect(path, 10**8).issues.split(";")[-1] == "unreadable"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_other_formats_are_decoded_whole(kind: str) -> None:
    image = photograph().resize((400, 300))
    data = encoded(image, kind)

    np.testing.assert_array_equal(
        decode_bytes(data, "a", 24), decode_bytes(data, "a", 24, whole=True)
    )


@pytest.mark.parametrize("kind", LARGE_JPEGS)
def test_a_scan_sees_every_kind_of_jpeg_in_its_colours(kind: str, tmp_path: Path) -> None:
    facts = inspect(write(tmp_path / "a.jpg", large(kind)), 10**8)

    square = Image.fromarray(decode_bytes(large(kind), "a.jpg", 64, whole=True))
    right = np.asarray(square.convert("YCbCr"), float)
    assert (facts.width, facts.height) == (1200, 900)
    assert facts.small is not None
    assert np.abs(facts.small - right[..., 0]).mean() < 3
    np.testing.assert_allclose(facts.tint, right[..., 1:].mean(axis=(0, 1)) - 128, atol=1.5)


def test_a_large_jpeg_is_shown_in_its_proportions() -> None:
    assert fit_bytes(large("plain"), "a.jpg", 128).shape == (96, 128, 3)
