"""The process that is kept ready for the next run: `python -m core.training.warm`.

It imports what a run needs, which takes seconds, then reads from its standard input what to do: one
line, of `core.queue.warm`. Where its Dask worker dies, the input ends, and so does the process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.jobs.process import record_process
from core.jobs.run_job import leave
from core.training import helper, worker

# What may be asked for, by the name that `python -m` would take.
_WORK = {"core.training.worker": worker.main, "core.training.helper": helper.main}


def warm_up() -> None:
    """Imports everything that a run and a helper import, and does each kind of work once."""
    worker.import_keras()
    import distributed  # noqa: F401 - to ask others for help
    import keras
    import numpy as np

    from core.training import prepare, rate_finder, shared_pass, stage  # noqa: F401

    # The first layers, step and epoch of a process take a second longer than the next.
    keras.config.disable_interactive_logging()
    image = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(image))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(pooled))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.zeros((2, 8, 8, 3)), np.zeros(2), verbose=0)
    # Names and random numbers begin as in a new process.
    keras.utils.clear_session()


def main(arguments: Sequence[str]) -> int:
    """Waits for one order and does it.

    Args:
        arguments: Where this process is written down while it waits.

    Returns:
        The exit code of the work; 0 where none came.
    """
    record = Path(arguments[0])
    warm_up()
    record_process(record, ready=True)
    line = sys.stdin.readline()
    record.unlink(missing_ok=True)
    if not line.endswith("\n"):
        return 0
    order: dict[str, Any] = json.loads(line)
    _take_log(Path(order["log"]))
    os.environ.update(order["environment"])
    module, *told = order["command"]
    return _WORK[module](told)


def _take_log(log: Path) -> None:
    """Prints into the run's log from now on, as a process of its own would."""
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    os.close(nothing)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
