"""A run as one plain Keras script, and the same as a notebook; imports nothing of this app.

Pure text from the run's folder: the web server makes it without keras.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.backbones.catalog import find_backbone
from core.backbones.spec import BackboneSpec
from core.config import FineTuneConfig
from core.datasets import Dataset, Datasets
from core.datasets.bundled import DIGITS_ID
from core.datasets.share import draw_share
from core.errors import ExportError, UnfreezeError
from core.evaluation.export import safe_cell
from core.export.script_facts import ScriptFacts, read_facts
from core.export.script_text import application, introduction, settings_text
from core.language import in_english, tr
from core.runs import Run, Runs

_CELLS = Path(__file__).with_name("cells")
_BUNDLED = Path(__file__).parents[1] / "backbones" / "bundled"
_SCRIPT_FOLDER = """HERE = Path(__file__).resolve().parent
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
"""
_NOTEBOOK_FOLDER = """HERE = Path.cwd()
FOLDER = HERE  # the folder of the images
"""


@dataclass(frozen=True)
class Cell:
    """A piece of the script.

    Attributes:
        title: What it does, in a few words.
        code: Its lines.
        notebook: Its lines in the notebook, where they differ.
    """

    title: str
    code: str
    notebook: str = ""


@dataclass(frozen=True)
class Script:
    """Parts of one run's script.

    Attributes:
        introduction: What it is and how to run it; what it does not do as the run did.
        cells: Its pieces in order.
        images: `images.csv`: path, class_name, split and sha256 of each image.
        weights: The bundled backbone's weights; None for others, which Keras downloads.
    """

    introduction: str
    cells: tuple[Cell, ...]
    images: str
    weights: Path | None

    @property
    def text(self) -> str:
        """The script."""
        parts = [f'"""{self.introduction}"""\n']
        parts += [f"# %% {cell.title}\n{cell.code}" for cell in self.cells]
        return "\n".join(parts)

    @property
    def notebook(self) -> str:
        """The notebook, as JSON."""
        cells: list[dict[str, object]] = [_markdown(self.introduction, 0)]
        for number, cell in enumerate(self.cells, start=1):
            cells.append(_markdown(f"## {cell.title}", 2 * number - 1))
            code = (cell.notebook or cell.code).rstrip("\n")
            start: dict[str, object] = {"cell_type": "code", "execution_count": None, "outputs": []}
            cells.append({**start, **_source(code, 2 * number)})
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        record = {
            "cells": cells,
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return json.dumps(record, indent=1, ensure_ascii=False)

    def zip_bytes(self) -> bytes:
        """`train.py`, `train.ipynb`, `images.csv` and the bundled backbone's weights, zipped."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("train.py", self.text)
            archive.writestr("train.ipynb", self.notebook)
            archive.writestr("images.csv", self.images)
            if self.weights is not None:
                archive.write(self.weights, self.weights.name, zipfile.ZIP_STORED)
        return buffer.getvalue()


def make_script(run: Run, runs: Runs, datasets: Datasets) -> Script:
    """Writes down what a finished run did; in English, whoever asks for it, because it travels.

    Args:
        run: A run with a model.
        runs: Where the head run is that a fine-tuning started from.
        datasets: Where its data set is.

    Returns:
        The script.

    Raises:
        ExportError: If the backbone is a user's own file, or the run is not finished.
        DatasetError: If the data set is gone.
    """
    spec = find_backbone_of(run)
    facts = read_facts(run, runs, spec)
    dataset = datasets.get(run.base.dataset_id, run.base.dataset_version)
    with in_english():
        return Script(
            introduction=introduction(facts, spec, dataset.id == DIGITS_ID),
            cells=_cells(facts, spec, dataset),
            images=_images(dataset, facts),
            weights=_BUNDLED / spec.weights_file if spec.bundled and facts.pretrained else None,
        )


def hindrance(run: Run, datasets: Datasets) -> UnfreezeError | None:
    """Reason why a run has no script, or None; reads little."""
    try:
        find_backbone_of(run)
        datasets.get(run.base.dataset_id, run.base.dataset_version)
    except UnfreezeError as error:
        return error
    return None


def find_backbone_of(run: Run) -> BackboneSpec:
    """The run's backbone, where a plain script can build it.

    Raises:
        ExportError: If it is a user's own file.
    """
    if run.base.backbone.startswith("own:"):
        raise ExportError(
            tr(
                "The backbone {backbone} is a file of your own, which a plain script cannot build.",
                backbone=run.base.backbone,
            ),
            tr("Take the Keras model instead."),
        )
    return find_backbone(run.base.backbone)


def _cells(facts: ScriptFacts, spec: BackboneSpec, dataset: Dataset) -> tuple[Cell, ...]:
    digits = dataset.id == DIGITS_ID
    more = "from sklearn.datasets import load_digits\n" if digits else ""
    first = "" if digits else "import hashlib\nimport io\n"
    imports = _cell("imports").replace("import csv\n", f"import csv\n{first}")
    imports = imports.replace(", ImageOps", "") if digits else imports
    read = _cell("images_read")
    root = "" if digits else 'ROOT = find_root(FOLDER, rows[0]["path"])\n'
    load = _cell("images_digits" if digits else "images_folder")
    images = "\n\n".join([_cell("images_square"), f"{load}\n\n{read}{root}{_cell('images_split')}"])
    backbone = (
        _cell("lite0")
        if spec.bundled
        else application(spec, _cell(f"preprocess_{spec.preprocessing}"))
    )
    head = _cell("head_light" if facts.config.head == "light" else "head_classic")
    cells = [
        Cell("Imports", imports + more),
        Cell("The run's settings", settings_text(facts, spec, dataset.class_names)),
        Cell("Where the files are", _SCRIPT_FOLDER, _NOTEBOOK_FOLDER),
        Cell("Read the images", images),
        Cell("The backbone", backbone),
        Cell("The model: frozen backbone, new head", _cell("model") + head + _cell("head_output")),
        Cell("How a stage trains", _fit(facts)),
        Cell("Train the head", _cell("train_head")),
    ]
    if isinstance(facts.run.config, FineTuneConfig):
        cells.append(Cell("Unfreeze and fine-tune", _fine_tune(facts)))
    cells.append(Cell("Evaluate, and compare with the run", _cell("evaluate")))
    return tuple(cells)


def _fit(facts: ScriptFacts) -> str:
    text = _cell("fit")
    if not facts.needs_more:
        text = text.replace("            class_weight=class_weights(settings),\n", "")
    return f"{_cell('compile_more' if facts.needs_more else 'compile_plain')}\n\n{text}"


def _fine_tune(facts: ScriptFacts) -> str:
    text = _cell("fine_tune")
    # Nothing of the backbone is unfrozen: the loop has no last layer to go to.
    return text if facts.last else text[text.index("model.summary") :]


def _images(dataset: Dataset, facts: ScriptFacts) -> str:
    table = dataset.manifest()
    table = table[table["usable"]].reset_index(drop=True)
    train = np.flatnonzero((table["split"] == "train").to_numpy())
    labels = table["label"].to_numpy(np.int64)[train]
    share, seed = facts.config.train_share, facts.config.training.seed
    left_out = np.setdiff1d(train, draw_share(train, labels, share, seed))
    table = table[~table.index.isin(left_out)]
    told = table[["path", "class_name", "split", "sha256"]]
    # `cells/images_read.txt` takes the apostrophes away again.
    return str(told.map(safe_cell).to_csv(index=False))


def _cell(name: str) -> str:
    return (_CELLS / f"{name}.txt").read_text(encoding="utf-8")


def _markdown(text: str, number: int) -> dict[str, object]:
    return {"cell_type": "markdown", **_source(text, number)}


def _source(text: str, number: int) -> dict[str, object]:
    return {"id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
