"""The per-image tables as CSV, for spreadsheets and scripts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

# A spreadsheet would run a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def pairs_csv(pairs: pd.DataFrame, class_names: Sequence[str]) -> bytes:
    """Two runs' answers, image by image.

    Args:
        pairs: What `core.evaluation.predictions.join_predictions` makes.
        class_names: In the order of the labels.

    Returns:
        CSV in UTF-8 with the columns file, true_class, before, before_probability, after,
        after_probability, change; probabilities with six decimals.
    """
    names = np.asarray([safe_cell(name) for name in class_names], dtype=object)
    table = pd.DataFrame(
        {
            "file": pairs["path"].map(safe_cell),
            "true_class": names[pairs["label"].to_numpy(dtype=np.int64)],
            "before": names[pairs["before"].to_numpy(dtype=np.int64)],
            "before_probability": pairs["before_probability"],
            "after": names[pairs["after"].to_numpy(dtype=np.int64)],
            "after_probability": pairs["after_probability"],
            "change": pairs["change"],
        }
    )
    return _csv(table)


def answers_csv(
    files: Sequence[str],
    answers: Sequence[str],
    probabilities: npt.NDArray[np.float32],
    class_names: Sequence[str],
) -> bytes:
    """One model's answers to new images.

    Args:
        files: Their names.
        answers: What the model says of each: a class, or "none of these".
        probabilities: float32 `(images, classes)`.
        class_names: In the order of the columns.

    Returns:
        CSV in UTF-8 with the columns file, class, probability and one `p_<class>` for each class;
        probabilities with six decimals.
    """
    table = pd.DataFrame(
        {
            "file": [safe_cell(name) for name in files],
            "class": [safe_cell(answer) for answer in answers],
            "probability": probabilities.max(axis=1) if len(files) else [],
        }
    )
    for place, name in enumerate(class_names):
        table[f"p_{one_line(name)}"] = probabilities[:, place]
    return _csv(table)


def safe_cell(text: str) -> str:
    """Text that a spreadsheet shows and never runs: a leading `=` gets an apostrophe before it.

    It stays in its line: what stands behind a line break would be a cell of its own for some.
    """
    line = one_line(text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) or text[:1] in _FORMULA else line


def one_line(text: str) -> str:
    """Text with spaces for line breaks."""
    return " ".join(text.splitlines())


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, float_format="%.6f").encode("utf-8")
