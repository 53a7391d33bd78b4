"""Divides images into train, val and test: seeded, each class in the same proportion.

What belongs together stays together: copies of one picture, and files that a pattern in their
names ties to one patient, video or burst.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.datasets.manifest import split_word
from core.errors import DatasetError
from core.language import number, tr

Array = np.ndarray[Any, Any]
SEED = 0
SHARES = {"val": 0.15, "test": 0.15}


@dataclass(frozen=True)
class SplitPlan:
    """How to divide.

    Attributes:
        val: Share of the validation images, from 0 to 1; train has what is left.
        test: Share of the test images.
        seed: The same seed and files give the same splits.
        together: Whether copies of one picture stay in one split.
        pattern: Regular expression searched in each path; images for which it finds the same text
            stay in one split. Its first group counts where it has one. "" for none.
    """

    val: float = SHARES["val"]
    test: float = SHARES["test"]
    seed: int = SEED
    together: bool = True
    pattern: str = ""


def divide(manifest: pd.DataFrame, plan: SplitPlan) -> pd.DataFrame:
    """Divides all usable images anew.

    Returns:
        A new manifest; images that are not usable count as train.

    Raises:
        DatasetError: If the shares leave nothing to train, or the pattern is none.
    """
    if not (plan.val >= 0 and plan.test >= 0 and plan.val + plan.test < 1):
        raise DatasetError(
            tr(
                "{val} % validation and {test} % test leave nothing to train.",
                val=number(100 * plan.val),
                test=number(100 * plan.test),
            ),
            tr("Choose smaller shares."),
        )
    table = manifest.assign(split="train")
    _move(table, {"val": plan.val, "test": plan.test}, plan)
    return table


def complete_splits(manifest: pd.DataFrame, seed: int = SEED) -> tuple[pd.DataFrame, list[str]]:
    """Fills in the splits that a data set does not bring itself.

    Args:
        manifest: With `split` empty where the layout had none.
        seed: The same seed and files give the same splits.

    Returns:
        A new manifest in which every image has a split, and one sentence for each split that
        was made.
    """
    table = manifest.copy()
    usable = set(table.loc[table["usable"], "split"])
    plan = SplitPlan(seed=seed)
    if usable <= {""}:
        return divide(table, plan), [split_sentence(plan)]
    if "train" not in usable:
        return table, []
    missing = {name: share for name, share in SHARES.items() if name not in usable}
    _move(table, missing, plan)
    return table, [
        tr("There was no {name} part: 15 % of train was taken.", name=split_word(name))
        for name in missing
    ]


def split_sentence(plan: SplitPlan) -> str:
    """Says how the images were divided."""
    train = 1 - plan.val - plan.test
    return tr(
        "Split by the app: {train} % train, {val} % val, {test} % test of each class.",
        train=number(100 * train),
        val=number(100 * plan.val),
        test=number(100 * plan.test),
    )


def _move(table: pd.DataFrame, shares: Mapping[str, float], plan: SplitPlan) -> None:
    """Moves shares of each class from train to other splits, at least one image of three."""
    rows = table[(table["split"] == "train") & table["usable"]].sort_values("path")
    if rows.empty or not shares:
        return
    classes, _ = pd.factorize(rows["class_name"], sort=True)
    sizes = np.bincount(classes)
    names = ("train", *shares)
    open_places = np.zeros((len(names), len(sizes)), np.int64)
    for place, share in enumerate(shares.values(), start=1):
        least = (sizes > 2) & (share > 0)
        open_places[place] = np.maximum(np.rint(share * sizes), least).astype(np.int64)
    open_places[0] = sizes - open_places[1:].sum(axis=0)
    chosen = _fill(_units(rows, plan), classes, open_places, plan.seed)
    table.loc[rows.index, "split"] = np.array(names, dtype=object)[chosen]


def _fill(units: Array, classes: Array, open_places: Array, seed: int) -> Array:
    """Deals the units out, the largest first, each to where its classes lack most.

    Args:
        units: int64 `(images,)`: number of the unit that each image belongs to.
        classes: int64 `(images,)`: label of each image.
        open_places: int64 `(splits, classes)`: how many images each split is to get; used up.
        seed: Decides the order among units of one size.

    Returns:
        int64 `(images,)`: index of each image's split.
    """
    random = np.random.default_rng(seed)
    sizes = np.bincount(units)
    chosen = np.zeros(len(sizes), np.int64)
    several = np.flatnonzero(sizes > 1)
    several = random.permutation(several)
    wanted = np.maximum(open_places, 1).astype(np.float64)
    for unit in several[np.argsort(-sizes[several], kind="stable")]:
        has = np.bincount(classes[units == unit], minlength=open_places.shape[1])
        lack = (open_places / wanted) @ has
        # A unit goes where it fits; one that fits nowhere goes where most is open.
        fits = (open_places >= has).all(axis=1)
        chosen[unit] = np.argmax(np.where(fits, lack + len(units), lack))
        open_places[chosen[unit]] -= has
    for label in range(open_places.shape[1]):
        alone = units[(classes == label) & (sizes[units] == 1)]
        places = np.maximum(open_places[:, label], 0)
        # Validation and test first: where units above took too much, train is what is left.
        dealt = np.repeat(np.roll(np.arange(len(places)), -1), np.roll(places, -1))
        chosen[random.permutation(alone)] = dealt[: len(alone)]
    return chosen[units]


def _units(rows: pd.DataFrame, plan: SplitPlan) -> Array:
    """Numbers what must stay together."""
    own = np.arange(len(rows))
    ties = []
    if plan.together and "group" in rows:
        ties.append(np.where(rows["group"] > 0, rows["group"], -own - 1))
    if plan.pattern:
        ties.append(_matches(rows["path"], plan.pattern))
    pairs = [np.zeros((0, 2), np.int64)]
    for tie in ties:
        codes, _ = pd.factorize(tie)
        first = pd.Series(own).groupby(codes).transform("first").to_numpy()
        pairs.append(np.stack([first, own], axis=1))
    joined = np.concatenate(pairs)
    graph = coo_array(
        (np.ones(len(joined), bool), (joined[:, 0], joined[:, 1])), shape=(len(rows), len(rows))
    )
    units: Array = connected_components(graph, directed=False)[1]
    return units


def _matches(paths: pd.Series, pattern: str) -> Array:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DatasetError(
            tr(
                "{pattern} is no regular expression: {error}.",
                pattern=repr(pattern),
                error=str(error),
            ),
            tr(
                "For example {number}, or {beginning} for what stands before the first underscore.",
                number=r"patient(\d+)",
                beginning="^[^_]+",
            ),
        ) from error
    found = []
    for place, path in enumerate(paths):
        match = compiled.search(path)
        text = (match[1] if compiled.groups else match[0]) if match else None
        found.append(f"={text}" if text is not None else f"#{place}")
    return np.array(found, dtype=object)
