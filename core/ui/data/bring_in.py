"""Bringing a data set in with a progress bar, and what is said before it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import streamlit as st

from core.datasets import Dataset
from core.datasets.archive import NO_SPACE
from core.datasets.layout import Layout
from core.datasets.manifest import SPLITS, split_word
from core.errors import DatasetError, LayoutError, UnfreezeError
from core.language import anew, mark, tr, trn
from core.ui import session
from core.ui.cards import error_card
from core.ui.text import plain

Progress = Callable[[int, int], None]
_MANY = 12
_TELL_EVERY_S = 0.1
_EXAMPLE = mark("""\
train/cat/1.jpg        cat/1.jpg        cat.1.jpg        1.jpg
train/dog/2.jpg        cat/2.jpg        cat.2.jpg        2.jpg
val/cat/3.jpg     or   dog/1.jpg   or   dog.1.jpg   or   labels.csv:
val/dog/4.jpg          dog/2.jpg        dog.2.jpg          file,label
test/cat/5.jpg                                             1.jpg,cat
test/dog/6.jpg                                             2.jpg,dog""")


def bring_in(make: Callable[[Progress], Dataset]) -> None:
    """Imports a data set and makes it the current one; says why where that fails.

    Args:
        make: Does it; called with a progress callback `(files done, files in all)`.
    """
    bar = st.progress(0.0, text=tr("Reading images"))

    told = 0.0

    def report(done: int, total: int) -> None:
        nonlocal told
        if done == total:
            bar.progress(1.0, text=_all_read(total))
        elif time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            words = tr("Reading images: {done} of {total}", done=done, total=total)
            bar.progress(done / total, text=words)

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


def _all_read(count: int) -> str:
    return trn(
        "{count} image read. Looking for copies", "{count} images read. Looking for copies", count
    )


def _disk_failure(error: OSError) -> DatasetError:
    if error.errno in NO_SPACE:
        return DatasetError(tr("There is no space left on the disk."), tr("Make room first."))
    where = f" {error.filename}" if error.filename else ""
    return DatasetError(
        tr("The disk refused: {error}.", error=f"{error.strerror or error}{where}"),
        tr(
            "Check that {folder} may be read and written.",
            folder=str(session.settings().workspace),
        ),
    )


def show_failure(error: UnfreezeError) -> None:
    """The error; with examples where the arrangement of the files is at fault."""
    error_card(error)
    if isinstance(error, LayoutError):
        show_example()


def show_example() -> None:
    """The arrangements that are recognised."""
    st.code(tr(_EXAMPLE), language=None)


def show_layout(layout: Layout) -> None:
    """Show the detected layout before anything is copied."""
    splits = Counter(image.split for image in layout.images)
    names = [plain(name) for name in layout.class_names]
    listed = ", ".join(names[:_MANY]) + (" …" if len(names) > _MANY else "")
    st.markdown(
        tr(
            ":material/check_circle: **{images} images in {classes} classes** ({names}), told by "
            "{kind}. {split}",
            images=len(layout.images),
            classes=len(names),
            names=listed,
            kind=plain(anew(layout.kind)),
            split=_split_sentence(splits),
        )
    )
    if layout.ignored:
        st.caption(
            trn(
                "{count} more image belongs to no class, such as {example}.",
                "{count} more images belong to no class, such as {example}.",
                len(layout.ignored),
                example=plain(layout.ignored[0]),
            )
        )
    for note in layout.notes:
        st.caption(plain(anew(note)))


def _split_sentence(splits: Counter[str]) -> str:
    if set(splits) <= {""}:
        return tr("They will be split 70 / 15 / 15.")
    counts = ", ".join(
        tr("{count} {split}", count=splits[name], split=split_word(name))
        for name in SPLITS
        if splits[name]
    )
    missing = [split_word(name) for name in ("val", "test") if not splits[name]]
    if not missing or not splits["train"]:
        return tr("{counts}.", counts=counts)
    if len(missing) > 1:
        return tr("{counts}; val and test will be taken from train, 15 % each.", counts=counts)
    return tr("{counts}; {split} will be taken from train, 15 %.", counts=counts, split=missing[0])
