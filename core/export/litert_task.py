"""The job that makes a run's LiteRT model (`core.runs.litert` asks for it).

`model.tflite` appears in the run's folder once it was seen to predict what the trained model does;
`parity.json` in the job's folder says how closely.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import ExportError
from core.files import write_json
from core.jobs.reporter import Reporter
from core.language import tr
from core.runs import Run, Runs
from core.runs.tracking import track_file


def work(reporter: Reporter) -> dict[str, Any]:
    """Convert, check and put the model in its place.

    Args:
        reporter: Told of progress.

    Returns:
        The parity: `max_difference`, `label_flips`, `images`.

    Raises:
        ExportError: If the converted model does not predict what the trained one does, or
            TensorFlow is missing.
    """
    folder = reporter.folder
    run = Runs(folder.parents[1]).get(folder.parent.name)
    if find_spec("tensorflow") is None:
        raise ExportError(
            tr("Run {run} has no LiteRT model yet, and making it needs TensorFlow.", run=run.id),
            tr("Open the run once on the Predict page of the app that trained it."),
        )
    for left in folder.glob("tmp*"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was ended by force
    reporter.say(tr("Loading the model"))
    from core.training.worker import import_keras

    import_keras()
    import keras

    from core.export.litert import export_litert
    from core.export.parity import check_run

    model = keras.models.load_model(run.model_path, compile=False)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = Path(scratch) / run.litert_path.name
        reporter.say(tr("Converting"))
        export_litert(model, made)
        reporter.say(tr("Checking"))
        parity = dataclasses.asdict(check_run(run, made, reporter.advance))
        reporter.say(tr("Saving"))  # ends here where the model was replaced meanwhile
        write_json(folder / "parity.json", parity)
        made.replace(run.litert_path)
    _tell(run)
    return parity


def _tell(run: Run) -> None:
    """The run was told to MLflow before it had this file."""
    track_file(run, run.litert_path)
