"""The job that exports a finished run, in its folder `exports/<format>`.

It leaves `certificate.json` and, unless the check refuses the model, `model.zip` in that folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import Datasets
from core.datasets.scanned import ScannedImage, decoded, scanned_images
from core.errors import DatasetError, ExportError
from core.export.certificate import (
    Certificate,
    compare,
    cost_in_words,
    counts_of,
    refusal,
    takes,
)
from core.export.formats import ExportFormat, find_format
from core.export.model_card import keras_file
from core.export.package import model_files, write_package
from core.files import read_json, write_json
from core.jobs.job import Kind
from core.jobs.reporter import Reporter
from core.language import mark, tr
from core.runs import Run, Runs
from core.settings import Settings
from core.versions import package_versions

# Images that the check runs on, evenly drawn where there are more.
MOST_CHECKED = 1000
_BATCH = 32
KIND = Kind("core.export.task", mark("export"))

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Checked:
    """The images that the check runs on.

    Attributes:
        split: `test`, or `val` where there are no test images.
        files: Their files.
        labels: int64 `(images,)`.
    """

    split: str
    files: tuple[ScannedImage, ...]
    labels: Array

    def kept(self, which: Array) -> Checked:
        """Those that a bool array `(images,)` is true for."""
        files = tuple(file for file, is_kept in zip(self.files, which, strict=True) if is_kept)
        return replace(self, files=files, labels=self.labels[which])


def work(reporter: Reporter) -> dict[str, Any]:
    """Convert, check and pack.

    Args:
        reporter: Told of progress.

    Returns:
        The certificate.

    Raises:
        ExportError: If the exported model does not predict what the trained one does.
    """
    folder = reporter.folder
    chosen = find_format(folder.name)
    run_dir = folder.parents[1]
    run = Runs(run_dir.parent).get(run_dir.name)
    for old in ("model.zip", "certificate.json"):
        (folder / old).unlink(missing_ok=True)
    for left in folder.glob("tmp*"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was ended by force
    reporter.say(tr("Loading the model"))
    import keras

    from core.export.convert import convert

    settings = Settings.from_environment()
    model = keras.models.load_model(run.model_path, compile=False)
    checked, samples = _images(run, settings)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        exported = Path(scratch) / chosen.file
        reporter.say(tr("Converting"))
        if chosen.runtime == "keras":
            exported.write_bytes(keras_file(run, settings))
        else:
            convert(chosen, model, exported, samples)
        certificate = _certify(run, chosen, model, exported, checked, reporter)
        write_json(folder / "certificate.json", certificate.to_dict())
        if certificate.refusal:
            raise ExportError(
                tr(
                    "The {format} model is not given away. {reason}",
                    format=chosen.title,
                    reason=certificate.refusal,
                ),
                tr("Take another format."),
            )
        reporter.say(tr("Packing"))
        names = read_json(run.path / "predict.json")["class_names"]
        write_package(folder / "model.zip", chosen, exported, names, certificate)
    return certificate.to_dict()


def _images(run: Run, settings: Settings) -> tuple[Checked, Array]:
    """The images to check on, and training images as samples."""
    from core.export.convert import SAMPLES

    dataset = Datasets(settings.datasets_dir).get(run.base.dataset_id, run.base.dataset_version)
    table = dataset.manifest()
    table = table[table["usable"]]
    split = "test" if (table["split"] == "test").any() else "val"
    chosen = _spread(table[table["split"] == split], MOST_CHECKED)
    train = _spread(table[table["split"] == "train"], SAMPLES)
    size = run.base.image_size
    samples, _ = decoded(scanned_images(dataset.root, train), size)
    files = tuple(scanned_images(dataset.root, chosen))
    if not len(samples):
        raise _no_images()
    return Checked(split, files, chosen["label"].to_numpy(np.int64)), samples


def _spread(table: Any, most: int) -> Any:
    if not len(table):
        raise _no_images()
    return table.iloc[np.unique(np.linspace(0, len(table) - 1, most).astype(int))]


def _no_images() -> DatasetError:
    return DatasetError(tr("The data set has no images to check the model on."))


def _certify(
    run: Run,
    chosen: ExportFormat,
    model: Any,
    exported: Path,
    checked: Checked,
    reporter: Reporter,
) -> Certificate:
    from core.export.runtimes import open_runtime, two_columns

    names = tuple(read_json(run.path / "predict.json")["class_names"])
    size = run.base.image_size
    reporter.say(tr("Checking"), len(checked.files))
    expected, got, seconds, kept = [], [], [], []
    with open_runtime(chosen, exported, names, size) as predict:
        for images, which in _batches(checked.files, size):
            kept.append(which)
            if not len(images):
                continue
            trained = model.predict_on_batch(images.astype(np.float32))
            expected.append(two_columns(np.asarray(trained)))
            for image in images:
                answered, took = predict(image[np.newaxis])
                got.append(answered)
                seconds.append(took)
            reporter.advance(len(got), len(checked.files))
    if not got:
        raise _no_images()
    which = np.concatenate(kept)
    certificate = measured(
        run,
        chosen,
        np.concatenate(got),
        np.concatenate(expected),
        checked.kept(which),
        exported,
        seconds,
    )
    return replace(certificate, left_out=[file.name for file in checked.kept(~which).files])


def measured(
    run: Run,
    chosen: ExportFormat,
    got: Array,
    expected: Array,
    checked: Checked,
    exported: Path,
    seconds: Sequence[float],
) -> Certificate:
    """Puts what was measured into a certificate."""
    verdict = compare(got, expected, checked.labels)
    return Certificate(
        format=chosen.key,
        title=chosen.title,
        run=run.id,
        image_size=run.base.image_size,
        takes=takes(run.base.image_size),
        split=checked.split,
        images=len(checked.files),
        max_difference=float(np.abs(got - expected).max()),
        label_flips=int((got.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        accuracy=verdict.after.estimate,
        trained_accuracy=verdict.before.estimate,
        verdict=str(verdict.outcome),
        difference=cost_in_words(verdict),
        megabytes=sum(file.stat().st_size for file in model_files(exported)) / 1e6,
        ms_per_image=1000 * float(np.median(seconds)),
        allowed=chosen.max_difference,
        versions=package_versions(),
        refusal=refusal(chosen, got, expected),
        counts=counts_of(verdict),
    )


def _batches(files: Sequence[ScannedImage], image_size: int) -> Iterator[tuple[Array, Array]]:
    for start in range(0, len(files), _BATCH):
        yield decoded(files[start : start + _BATCH], image_size)
