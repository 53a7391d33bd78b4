"""Package of an exported model: a zip that needs nothing of this app."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from core.export.certificate import Certificate, markdown, takes
from core.export.formats import ExportFormat
from core.files import replace_file

_CELLS = Path(__file__).with_name("cells")


def predict_script(chosen: ExportFormat, image_size: int) -> str:
    """A short `predict.py` that runs on the format's runtime alone."""
    head, run, main = (_cell(f"predict_{part}") for part in ("head", chosen.runtime, "main"))
    # The runtime's own import goes with the others.
    imports, body = run.split("\n\n", 1)
    head = head.replace("import numpy as np\n", f"import numpy as np\n{imports}\n", 1)
    head = head.replace("HERE =", f"IMAGE_SIZE = {image_size}\nHERE =", 1)
    usage = (
        f'"""Classifies images with a {chosen.title} model: python predict.py IMAGE...\n\n'
        f"Files may be of any size. `classify` takes RGB of {image_size} x {image_size} pixels,\n"
        f"uint8 or float, 0 to 255; the model itself takes {takes(image_size)}.\n\n"
        f'Needs: pip install {chosen.packages}\n"""\n\n'
    )
    return usage + head + body + main


def write_package(
    path: Path,
    chosen: ExportFormat,
    model: Path,
    class_names: Sequence[str],
    certificate: Certificate,
) -> None:
    """Writes the zip: model, `labels.txt`, `predict.py` and the certificate.

    Args:
        path: The zip, replaced whole.
        chosen: The format.
        model: The model's file, or folder for SavedModel.
        class_names: In the order of the labels.
        certificate: What was measured.
    """
    texts = {
        "labels.txt": "".join(f"{name}\n" for name in class_names),
        "predict.py": predict_script(chosen, certificate.image_size),
        "certificate.json": json.dumps(certificate.to_dict(), indent=1, ensure_ascii=False),
        "certificate.md": markdown(certificate),
    }

    def write(part: Path) -> None:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
            for file in model_files(model):
                archive.write(file, f"{chosen.file}{file.as_posix()[len(model.as_posix()) :]}")

    replace_file(path, write)


def model_files(model: Path) -> list[Path]:
    """The files that a model consists of."""
    if model.is_file():
        return [model]
    return sorted(path for path in model.rglob("*") if path.is_file())


def _cell(name: str) -> str:
    return (_CELLS / f"{name}.txt").read_text(encoding="utf-8")
