"""Bringing a data set in with a progress bar, and what is said before it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import streamlit as st

from core.datasets import Dataset
from core.datasets.archive import NO_SPACE
from core.datasets.layout import Layout
from core.datasets.manifest import SPLITS
from core.errors import DatasetError, LayoutError, UnfreezeError
from core.ui import session
from core.ui.cards import error_card
from core.ui.text import plain

Progress = Callable[[int, int], None]
_MANY = 12
_TELL_EVERY_S = 0.1
_EXAMPLE = """\
train/cat/1.jpg        cat/1.jpg        cat.1.jpg        1.jpg
train/dog/2.jpg        cat/2.jpg        cat.2.jpg        2.jpg
val/cat/3.jpg     or   dog/1.jpg   or   dog.1.jpg   or   labels.csv:
val/dog/4.jpg          dog/2.jpg        dog.2.jpg          file,label
test/cat/5.jpg                                             1.jpg,cat
test/dog/6.jpg                                             2.jpg,dog"""


def bring_in(make: Callable[[Progress], Dataset]) -> None:
    """Imports a data set and makes it the current one; says why where that fails.

    Args:
        make: Does it; called with a progress callback `(files done, files in all)`.
    """
    bar = st.progress(0.0, text="Reading images")

    told = 0.0

    def report(done: int, total: int) -> None:
        nonlocal told
        if done == total:
            bar.progress(1.0, text=f"{total:,} images read. Looking for copies")
        elif time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            bar.progress(done / total, text=f"Reading images: {done:,} of {total:,}")

    try:
        dataset = make(report)
    except UnfreezeError as error:
        bar.empty()
        show_failure(error)
        return
    except OSError as error:
        bar.empty()
        show_failure(_disk_failure(error))
        return
    session.set_current_dataset(dataset.id)
    st.rerun()


def _disk_failure(error: OSError) -> DatasetError:
    if error.errno in NO_SPACE:
        return DatasetError("There is no space left on the disk.", "Make room first.")
    where = f" {error.filename}" if error.filename else ""
    return DatasetError(
        f"The disk refused: {error.strerror or error}{where}.",
        f"Check that {session.settings().workspace} may be read and written.",
    )


def show_failure(error: UnfreezeError) -> None:
    """The error; with examples where the arrangement of the files is at fault."""
    error_card(error)
    if isinstance(error, LayoutError):
        show_example()


def show_example() -> None:
    """The arrangements that are recognised."""
    st.code(_EXAMPLE, language=None)


def show_layout(layout: Layout) -> None:
    """Says what was found, before anything is copied."""
    splits = Counter(image.split for image in layout.images)
    names = [plain(name) for name in layout.class_names]
    listed = ", ".join(names[:_MANY]) + (" …" if len(names) > _MANY else "")
    st.markdown(
        f":material/check_circle: **{len(layout.images):,} images in {len(names)} classes** "
        f"({listed}), told by {plain(layout.kind)}. {_split_sentence(splits)}"
    )
    if layout.ignored:
        many = len(layout.ignored)
        rest = f"{many:,} more images belong" if many > 1 else "1 more image belongs"
        st.caption(f"{rest} to no class, such as {plain(layout.ignored[0])}.")
    for note in layout.notes:
        st.caption(plain(note))


def _split_sentence(splits: Counter[str]) -> str:
    if set(splits) <= {""}:
        return "They will be split 70 / 15 / 15."
    words = ", ".join(f"{splits[name]:,} {name}" for name in SPLITS if splits[name])
    missing = [name for name in ("val", "test") if not splits[name]]
    if not missing or not splits["train"]:
        return f"{words}."
    each = "15 % each" if len(missing) > 1 else "15 %"
    return f"{words}; {' and '.join(missing)} will be taken from train, {each}."
