"""Are near copies found, and only they?

Run `python -m benchmarks.leaks`. It takes the bundled clip art and generated pictures, plants one
changed copy of each, and searches all pairs. The last line is JSON:
    kinds: by kind of change, `recall`, the share of planted copies that are found, and `precision`,
        the share of found pairs that are right. A pair counts as right only where it joins a
        picture with its own planted copy, or two drawings that the clip art itself has twice
        (`_VARIANTS`, looked at by eye).
    families: by family of images that look alike, each with noise of its own, 360 images and
        copies of a tenth of them: `false_grouped`, the share of images that are in a group though
        no copy of them was planted; `recall`; and `split_error`, the largest distance of a class
        from its share of validation or test, in images.
    drawings: the same for pairs with a drawing of the clip art alone, which are harder to tell
        apart than generated pictures, and `strict`, their precision where those that the clip
        art has twice count as wrong.
    pictures: how many.
    seconds: of the search, all kinds.
"""

from __future__ import annotations

import json
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from benchmarks.families import COPIES, FAMILIES, Draw, plant_copies, saved, write_family
from benchmarks.scan import picture
from core.datasets.bundled import CLIPART
from core.datasets.decode import open_rgb
from core.datasets.importing import arrangement
from core.datasets.near_duplicates import Search
from core.datasets.scan import read_details, read_files, scan
from core.datasets.split import SHARES, complete_splits

GENERATED = 500
# Drawings that the clip art holds in two versions which differ in details only.
_VARIANTS = {
    ("bee1_mimooh_01.jpg", "bee2_mimooh_01.jpg"),
    ("turkey_platter_01_with_fruit_and_vegitables_01.jpg", "turkey_on_platter_01.jpg"),
    ("sleeping_bear_under_sta_01.jpg", "sleeping_bear_under_sta_02.jpg"),
    ("apple_bitten_dan_gerhard_01.jpg", "apple_with_worm_dan_gerh_01.jpg"),
    ("gumnut_black_01.jpg", "gumnut_shaded_01.jpg"),
    ("sleeping_cat_rgolan_sup_r.jpg", "sleeping_cat_ron_golan_01.jpg"),
    ("double_note_jean-victor__01.jpg", "double_note_two_jean-vic_01.jpg"),
}


def originals(folder: Path) -> list[Path]:
    """Writes the pictures that copies are made of."""
    with zipfile.ZipFile(CLIPART) as archive:
        images = [n for n in archive.namelist() if n.endswith((".jpg", ".png"))]
        archive.extractall(folder, images)
    generated = [folder / f"generated-{i:04d}.jpg" for i in range(GENERATED)]
    for i, path in enumerate(generated):
        path.write_bytes(saved(picture(i)))
    return [folder / name for name in images] + generated


def search(paths: list[Path]) -> np.ndarray:
    """Indices of the pairs that are found."""
    facts = read_files(paths, 10**8, lambda done, total: None)
    small, tints = np.array([f.small for f in facts]), np.array([f.tint for f in facts])

    def details(rows: np.ndarray) -> np.ndarray:
        return read_details([paths[row] for row in rows], 10**8)

    return Search(small, tints, np.zeros(len(paths), np.int64), details).pairs()[0]


def family(draw: Draw, images: int = 360, side: int = 192) -> dict[str, float]:
    """Import look-alikes with copies among them, and look at the manifest."""
    with tempfile.TemporaryDirectory() as name:
        planted = plant_copies(write_family(Path(name), draw, images, side))
        layout = arrangement(Path(name))
        silent = lambda done, total: None  # noqa: E731
        manifest = scan(Path(name), layout.images, layout.class_names, 10**8, silent)
        table = complete_splits(manifest)[0]
        group = table.set_index("path")["group"]
        copies = {str(c.relative_to(name)): str(o.relative_to(name)) for c, o in planted.items()}
    concerned = set(copies) | set(copies.values())
    false = [path for path in group.index if group[path] and path not in concerned]
    found = [group[copy] > 0 and group[copy] == group[of] for copy, of in copies.items()]
    shares = [
        abs(int((rows["split"] == split).sum()) - share * len(rows))
        for _, rows in table.groupby("class_name")
        for split, share in SHARES.items()
    ]
    return {
        "false_grouped": round(len(false) / len(group), 4),
        "recall": round(float(np.mean(found)), 4),
        "split_error": round(max(shares), 2),
    }


def score(pairs: np.ndarray, paths: list[Path]) -> dict[str, float]:
    """Recall and precision, strict and not.

    Args:
        pairs: Indices that the search has found.
        paths: Pictures, then their copies in the same order.
    """
    count = len(paths) // 2
    own = variants = planted = 0
    for i, j in pairs.tolist():
        names = (paths[i % count].name, paths[j % count].name)
        planted += j - i == count
        own += i % count == j % count
        variants += names in _VARIANTS or names[::-1] in _VARIANTS
    rates = (planted / count, (own + variants) / len(pairs), own / len(pairs))
    return dict(zip(("recall", "precision", "strict"), (round(r, 4) for r in rates), strict=True))


def of_first(pairs: np.ndarray, paths: list[Path], many: int) -> dict[str, float]:
    """The score of the first pictures alone, and of their copies."""
    count = len(paths) // 2
    kept = pairs[(pairs % count < many).all(axis=1)]
    renumbered = kept - np.where(kept >= count, count - many, 0)
    return score(renumbered, paths[:many] + paths[count : count + many])


def main() -> None:
    """Plants each kind by itself, searches, reports."""
    kinds, drawings, seconds = {}, {}, 0.0
    with tempfile.TemporaryDirectory() as name:
        paths = originals(Path(name))
        for kind, change in COPIES.items():
            copied = [Path(name) / f"{kind}-{i:04d}.jpg" for i in range(len(paths))]
            for path, copy in zip(paths, copied, strict=True):
                copy.write_bytes(change(open_rgb(path.read_bytes(), path.name)))
            start = time.perf_counter()
            pairs = search(paths + copied)
            seconds += time.perf_counter() - start
            kinds[kind] = score(pairs, paths + copied)
            del kinds[kind]["strict"]
            drawings[kind] = of_first(pairs, paths + copied, len(paths) - GENERATED)
            print(kind, kinds[kind], "drawings alone", drawings[kind])
    families = {name: family(draw) for name, draw in FAMILIES.items()}
    report = {"families": families, "kinds": kinds, "drawings": drawings, "pictures": len(paths)}
    print(json.dumps({**report, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
