"""The process that classifies many images for the Predict page.

`python -m core.evaluation.batch_task RUN_DIR/batch SOURCE`; it leaves `answers.csv` there.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.evaluation.batch import classify_all
from core.evaluation.image_source import image_source
from core.evaluation.model_files import open_model
from core.jobs.tasks import TaskReporter, run_task
from core.language import tr
from core.settings import Settings

# The page's uploaded zip lies in the task's folder under this name, until the task has ended.
UPLOAD = "upload.zip"
# What the results call it.
THE_ZIP = "the zip"


def main(arguments: Sequence[str]) -> int:
    """Classifies the images of the folder or zip that is named."""
    folder, source = Path(arguments[0]), Path(arguments[1])

    def work(reporter: TaskReporter) -> dict[str, Any]:
        shown = THE_ZIP if source.name == UPLOAD else source.name
        reporter.say(tr("Preparing the model"))
        classifier, threshold = open_model(folder.parent)
        images = image_source(source)
        reporter.say(tr("Classifying"), len(images.names))
        result = classify_all(
            classifier,
            images,
            folder / "answers.csv",
            threshold,
            Settings.from_environment().max_pixels,
            reporter.advance,
        )
        return {**dataclasses.asdict(result), "source": shown}

    try:
        return run_task(folder, work)
    finally:
        (folder / UPLOAD).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
