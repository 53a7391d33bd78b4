"""Ways to mend copies that lie in several splits, or in several classes."""

from __future__ import annotations

import pandas as pd

from core.datasets.edits import Edit
from core.datasets.manifest import SPLITS


def leaking_groups(manifest: pd.DataFrame) -> pd.DataFrame:
    """Usable images whose copies lie in other splits.

    Args:
        manifest: With the column `group`.

    Returns:
        Its rows, group by group, with the column `home` (str): the split that most of the group's
        images are in; train before val before test where they are as many.
    """
    usable = manifest[manifest["usable"] & (manifest["group"] > 0)]
    across = usable.groupby("group")["split"].transform("nunique") > 1
    leaking = usable[across].sort_values(["group", "path"])
    counts = leaking.groupby(["group", "split"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(SPLITS), fill_value=0)
    # `idxmax` takes the first of equals, so the order of SPLITS decides.
    return leaking.assign(home=leaking["group"].map(counts.idxmax(axis=1)))


def leak_counts(manifest: pd.DataFrame) -> tuple[int, int]:
    """Count images that appear in several splits, and their files."""
    leaking = leaking_groups(manifest)
    return int(leaking["group"].nunique()), len(leaking)


def contested_groups(manifest: pd.DataFrame) -> pd.DataFrame:
    """Usable images whose copies are in other classes, group by group: one of them is wrong.

    Args:
        manifest: With the column `group`.
    """
    usable = manifest[manifest["usable"] & (manifest["group"] > 0)]
    across = usable.groupby("group")["class_name"].transform("nunique") > 1
    return usable[across].sort_values(["group", "path"])


def leave_out_contested(manifest: pd.DataFrame) -> tuple[Edit, ...]:
    """Leaves out every image whose copies are in other classes: nobody knows which is right."""
    paths = tuple(contested_groups(manifest)["path"])
    return (Edit("exclude", paths),) if paths else ()


def gather(manifest: pd.DataFrame) -> tuple[Edit, ...]:
    """Moves every copy to where most of its group are."""
    strangers = _strangers(manifest)
    by_home = strangers.groupby("home")["path"]
    return tuple(Edit("move", tuple(paths), str(home)) for home, paths in by_home)


def leave_out(manifest: pd.DataFrame) -> tuple[Edit, ...]:
    """Leaves out every copy that is not where most of its group are."""
    paths = tuple(_strangers(manifest)["path"])
    return (Edit("exclude", paths),) if paths else ()


def _strangers(manifest: pd.DataFrame) -> pd.DataFrame:
    leaking = leaking_groups(manifest)
    return leaking[leaking["split"] != leaking["home"]]
