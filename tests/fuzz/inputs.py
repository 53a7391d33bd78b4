"""What is thrown at the readers: names, damaged files, values of every kind."""

import io
import tarfile
import zipfile
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

# Names that have made trouble somewhere, beside those that Hypothesis finds.
NASTY = (
    "../../outside.png",
    "/etc/outside.png",
    "..\\..\\outside.png",
    "C:\\outside.png",
    "a/../../outside.png",
    "cat/./../../../outside.png",
    "\\\\server\\share\\outside.png",
    "cat/\x00.png",
    "cat/" + "n" * 300 + ".png",
    "cat/con.png",
    "cat/<img src=x onerror=alert(1)>.png",
    "cat/=cmd|' /C calc'!A0.png",
    "cat/\u202egnp.exe.png",
    "cat/\udcff.png",
    "cat/..png",
    "cat//x.png",
    ".",
    "..",
    "",
    "cat/~root.png",
    "cat/$(id).png",
    "cat/a.png/b.png",
    "labels.csv",
)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "JPEG2000")

words = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
parts = st.sampled_from(("cat", "dog", "train", "val", "test", "..", ".", "", "a" * 260, "\u0456"))
paths = st.one_of(
    words,
    st.builds(lambda folders, name: "/".join([*folders, name]), st.lists(parts, max_size=4), words),
    st.builds(
        "{}/{}.{}".format,
        st.sampled_from(("cat", "dog", "train/cat", "val/dog", "test/cat")),
        st.integers(0, 99),
        st.sampled_from(("png", "jpg", "csv", "txt", "tiff")),
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    # What JSON can say and little else can hold.
    st.sampled_from((10**400, -(1 << 63), 1 << 64, 1e300, "\ud800", "a\0b", "/../..")),
    st.sampled_from(("head", "fine_tune", "running", "completed", "from", "adam", "../x")),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def picture(kind: str, mode: str = "RGB") -> bytes:
    """A small picture with something in it."""
    random = np.random.default_rng(len(kind))
    image = Image.fromarray(random.integers(0, 255, (24, 40, 3), dtype=np.uint8)).convert(mode)
    file = io.BytesIO()
    options: dict[str, Any] = {"exif": _exif()} if kind in ("JPEG", "PNG", "WEBP") else {}
    image.save(file, kind, **options)
    return file.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "<img src=x onerror=alert(1)>"
    return exif.tobytes()


pictures = st.sampled_from(
    [picture(kind) for kind in FORMATS]
    + [picture("PNG", mode) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
    + [picture("TIFF", mode) for mode in ("CMYK", "F", "I;16", "1")]
    + [picture("JPEG", mode) for mode in ("L", "CMYK")]
)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes], most: int = 6) -> bytes:
    """A file with bytes changed, put in, taken out, said twice or cut off."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, most))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        how = draw(st.sampled_from(("set", "set", "set", "insert", "cut", "drop", "copy")))
        if how == "set":
            new = draw(st.one_of(st.binary(min_size=1, max_size=4), st.just(b"\xff\xff\xff\xff")))
            data[at : at + len(new)] = new
        elif how == "insert":
            data[at:at] = draw(st.binary(max_size=16))
        elif how == "cut":
            del data[at:]
        elif how == "drop":
            del data[at : at + draw(st.integers(1, 32))]
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 64))]
    return bytes(data)


contents = st.one_of(
    damaged(pictures, most=1),
    st.binary(max_size=40),
    st.just(b"file,label\n0.png,cat\n1.png,dog\n"),
)
members = st.lists(st.tuples(paths, contents), max_size=12)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """A zip or a tar, whole or damaged, with links and devices among its members."""
    made = draw(members)
    kind = draw(st.sampled_from(("zip", *_TARS)))
    file = io.BytesIO()
    if kind == "zip":
        _write_zip(file, made)
    else:
        links = draw(st.lists(st.tuples(paths, paths, st.sampled_from(_LINKS)), max_size=2))
        _write_tar(file, made, links, _TARS[kind])
    whole = draw(st.booleans())
    return file.getvalue() if whole else draw(damaged(st.just(file.getvalue()), most=4))


_TARS = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
_LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)


def _write_zip(file: io.BytesIO, made: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in made:
            info = zipfile.ZipInfo("x")
            # Past the constructor, which would make the name a harmless one.
            info.filename = name.encode("utf-8", "replace").decode()
            archive.writestr(info, data)


def _write_tar(
    file: io.BytesIO,
    made: list[tuple[str, bytes]],
    links: list[tuple[str, str, bytes]],
    mode: Any,
) -> None:
    with tarfile.open(fileobj=file, mode=mode, errors="surrogateescape") as archive:
        for name, data in made:
            info = tarfile.TarInfo(name.encode("utf-8", "replace").decode())
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target, kind in links:
            info = tarfile.TarInfo(name.encode("utf-8", "replace").decode())
            info.type, info.linkname = kind, target.encode("utf-8", "replace").decode()
            archive.addfile(info)
