"""The job that classifies many images for the Predict page; it leaves `answers.csv`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from core.evaluation.batch import classify_all
from core.evaluation.image_source import image_source
from core.evaluation.model_files import open_model
from core.jobs.job import Kind
from core.jobs.reporter import Reporter
from core.language import mark, tr
from core.settings import Settings

KIND = Kind("core.evaluation.batch_task", mark("many images"))
# The page's uploaded zip lies in the job's folder under this name, until the job has ended.
UPLOAD = "upload.zip"
# What the results call it.
THE_ZIP = "the zip"


def work(reporter: Reporter, source: str) -> dict[str, Any]:
    """Classify the images of a folder or zip.

    Args:
        reporter: Told of progress.
        source: The folder or zip.

    Returns:
        How many images there were, how many of them are broken, and the source's name.
    """
    folder, path = reporter.folder, Path(source)
    try:
        reporter.say(tr("Preparing the model"))
        classifier, threshold = open_model(folder.parent)
        images = image_source(path)
        reporter.say(tr("Classifying"), len(images.names))
        result = classify_all(
            classifier,
            images,
            folder / "answers.csv",
            threshold,
            Settings.from_environment().max_pixels,
            reporter.advance,
        )
    finally:
        (folder / UPLOAD).unlink(missing_ok=True)
    return {**dataclasses.asdict(result), "source": THE_ZIP if path.name == UPLOAD else path.name}
