"""Test images that the model has met in training: figures with and without them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.language import tr, trn


@dataclass(frozen=True)
class Leaks:
    """Images of one split that training has met.

    Attributes:
        exact: Paths of those whose bytes are the same.
        near: Paths of the others that show the same picture: resized, compressed, cropped.
    """

    exact: frozenset[str]
    near: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both kinds."""
        return self.exact | self.near

    def in_words(self) -> str:
        """Return how many there are: "2 exact copies and 3 near-duplicates"."""
        exact = trn("{count} exact copy", "{count} exact copies", len(self.exact))
        near = trn("{count} near-duplicate", "{count} near-duplicates", len(self.near))
        if self.exact and self.near:
            return tr("{exact} and {near}", exact=exact, near=near)
        if self.all:
            return near if self.near else exact
        return tr("no copies")


def find_leaks(manifest: pd.DataFrame, split: str = "test") -> Leaks:
    """Usable images of a split that also lie, as they are or nearly so, among those trained on.

    Args:
        manifest: With the columns of `core.datasets.manifest`; where `group` is missing,
            near-duplicates were not looked for.
        split: `val` or `test`.

    Returns:
        The leaks.
    """
    used = manifest[manifest["usable"]]
    trained = used[used["split"] == "train"]
    looked_at = used[used["split"] == split]
    digests = frozenset(trained["sha256"])
    # By hand: `isin` on a column of strings takes five times as long.
    exact = pd.Series([d in digests for d in looked_at["sha256"]], looked_at.index, dtype=bool)
    near = pd.Series(False, index=looked_at.index)
    if "group" in manifest:
        near = looked_at["group"].isin(set(trained["group"]) - {0}) & ~exact
    return Leaks(frozenset(looked_at.loc[exact, "path"]), frozenset(looked_at.loc[near, "path"]))


def without(table: pd.DataFrame, paths: frozenset[str]) -> pd.DataFrame:
    """The rows whose `path` is not among `paths`."""
    return table[~table["path"].isin(paths)].reset_index(drop=True)
