"""A data set and runs whose names are markup and scripts, as somebody may bring them in."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

from PIL import Image

from core.datasets import DatasetStore
from core.settings import Settings
from core.team.database import TeamDatabase
from core.team.notes import Notes
from tests.evaluation.runs_on_disk import finished_pair
from tests.squares import squares

NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) <svg onload=alert(1)>",
    "$\\href{javascript:alert(1)}{x}$ ![x](http://127.0.0.1:9/x.png)",
)
# A zip with a colon or a backslash in a name is not taken at all.
_IN_ZIP = (
    "<script>alert(1)",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "$x^{alert(1)}$ **x**",
)
_DESCRIPTION, _ARTIST = 0x010E, 0x013B


def hostile_things(workspace: Path) -> tuple[str, str]:
    """A data set whose name, source, notes, classes, files and EXIF are hostile, and two runs.

    Returns:
        Ids of the data set, and of the fine-tuning, which has hostile notes, too.
    """
    settings = Settings(workspace)
    made = squares(settings, classes=4, per_class=20, name="Hostile")
    table = made.manifest()
    table["class_name"] = [NAMES[label] for label in table["label"]]
    for place, path in enumerate(table["path"]):
        new = f"{place} {NAMES[place % 4].replace('/', '_')}.png"
        shutil.move(made.root / path, made.root / new)
        (made.root / new).write_bytes(_described(made.root / new, NAMES[place % 4]))
        table.loc[place, "path"] = new
    table.loc[:1, "issues"] = ["wrong_extension", "elongated;tiny"]
    dataset = DatasetStore(settings.datasets_dir).save(
        made.id, NAMES[0], table, NAMES, made.root, NAMES[1], (NAMES[2], NAMES[3])
    )
    _, tuned = finished_pair(settings, dataset, before=range(8), after=range(1))
    notes = Notes(TeamDatabase(settings.database_url))
    for name in NAMES:
        notes.write(tuned.id, name, name)
    return dataset.id, tuned.id


def hostile_zip() -> bytes:
    """A zip with hostile names, as it is uploaded."""
    buffer, image = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(image, "PNG")
    with zipfile.ZipFile(buffer, "w") as packed:
        for place in range(12):
            name = _IN_ZIP[place % 4]
            packed.writestr(f"{name}/{place} {name}.png", image.getvalue())
    return buffer.getvalue()


def _described(path: Path, words: str) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as image:
        exif = image.getexif()
        exif[_DESCRIPTION] = exif[_ARTIST] = words
        image.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()
