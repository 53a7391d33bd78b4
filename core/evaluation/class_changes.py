"""Per-class changes of recall: McNemar tests with Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.evaluation.verdict import LEVEL, Outcome, mcnemar_exact


def class_changes(pairs: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Test the change of recall of each class.

    Args:
        pairs: What `core.evaluation.predictions.join_predictions` makes.
        class_names: In the order of the labels.

    Returns:
        A DataFrame, one row a class in the order of `class_names`, with the columns
        class_name (str), images (int64), fixed (int64), broken (int64),
        change (float64): recall after less recall before, between -1 and 1; NaN without images,
        p_value (float64): exact McNemar on the class's images,
        p_holm (float64): the same, corrected for testing every class,
        outcome (str): "helped", "hurt" or "cannot tell", by the corrected value.
    """
    rows = [_counts(pairs[pairs["label"] == label]) for label in range(len(class_names))]
    table = pd.DataFrame(rows, columns=["images", "fixed", "broken"], dtype=np.int64)
    table.insert(0, "class_name", list(class_names))
    gained = (table["fixed"] - table["broken"]).to_numpy(dtype=np.float64)
    images = table["images"].to_numpy(dtype=np.float64)
    table["change"] = np.divide(gained, images, out=np.full_like(gained, np.nan), where=images > 0)
    p_values = [mcnemar_exact(int(f), int(b)) for _, f, b in rows]
    table["p_value"] = p_values
    table["p_holm"] = holm(np.asarray(p_values))
    telling = (table["p_holm"] < LEVEL).to_numpy()
    table["outcome"] = np.select(
        [telling & (gained > 0), telling & (gained < 0)],
        [str(Outcome.HELPED), str(Outcome.HURT)],
        default=str(Outcome.CANNOT_TELL),
    )
    return table


def holm(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Holm's correction: p-values that may be compared with one level however many there are.

    The smallest is multiplied by their number, the next by one less, and so on; none may come out
    below one that was smaller.

    Source: S. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Args:
        p_values: float64 `(tests,)`, between 0 and 1.

    Returns:
        float64 `(tests,)`, in the same order, at most 1.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    raised = np.maximum.accumulate(p_values[order] * factors)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected


def _counts(rows: pd.DataFrame) -> tuple[int, int, int]:
    fixed = int((rows["change"] == "fixed").sum())
    broken = int((rows["change"] == "broken").sum())
    return len(rows), fixed, broken
