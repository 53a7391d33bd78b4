"""Images that look alike are no copies of each other, whatever family they are of."""

from pathlib import Path

import pytest

from benchmarks.families import FAMILIES, plant_copies, write_family
from core.datasets.importing import arrangement
from core.datasets.scan import scan
from core.datasets.split import complete_splits
from tests.datasets.pictures import silent

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_look_alike_is_grouped_and_every_split_is_served(family: str, tmp_path: Path) -> None:
    write_family(tmp_path, FAMILIES[family], 75, 96, seed=3)
    layout = arrangement(tmp_path)

    found = scan(tmp_path, layout.images, layout.class_names, 10**8, silent)
    table = complete_splits(found)[0]

    assert (found["group"] > 0).sum() == 0
    assert (table.groupby(["class_name", "split"]).size() >= 3).all()
    assert len(table.groupby(["class_name", "split"])) == 9


def test_planted_copies_are_found_among_parts_that_look_alike(tmp_path: Path) -> None:
    planted = plant_copies(write_family(tmp_path, FAMILIES["inspection_parts"], 90, 192))
    layout = arrangement(tmp_path)

    found = scan(tmp_path, layout.images, layout.class_names, 10**8, silent).set_index("path")

    group = found["group"]
    names = [
        (str(c.relative_to(tmp_path)), str(o.relative_to(tmp_path))) for c, o in planted.items()
    ]
    together = [group[copy] > 0 and group[copy] == group[original] for copy, original in names]
    assert sum(together) >= len(names) - 1
    assert (group > 0).sum() <= 2 * len(names)
