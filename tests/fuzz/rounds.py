"""How long fuzzing goes on: one fixed round, or with `UNFREEZE_FUZZ_SECONDS` fresh ones until then.

A round is what Hypothesis makes of one target. Without the variable it is the same every time, so
that a failure is nobody's bad luck; with it, every round is another one, and what was tried is
appended to `test-artifacts/fuzz.jsonl`.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from core.settings import APP_ROOT

SECONDS = float(os.environ.get("UNFREEZE_FUZZ_SECONDS", "0"))
EXAMPLES = 60


def fuzz(name: str, target: Callable[[Any, Path], None], inputs: SearchStrategy[Any]) -> int:
    """Gives a target inputs until the round, or the time, is over.

    Args:
        name: What is recorded.
        target: Takes an input and an empty folder; fails where something is wrong.
        inputs: What it is given.

    Returns:
        How many inputs it was given.
    """
    tried = 0

    def one(value: Any) -> None:
        nonlocal tried
        tried += 1
        with tempfile.TemporaryDirectory() as folder:
            target(value, Path(folder))

    started = time.monotonic()
    while True:
        settings(
            max_examples=2000 if SECONDS else EXAMPLES,
            deadline=None,
            database=None,
            derandomize=not SECONDS,
            suppress_health_check=list(HealthCheck),
        )(given(inputs)(one))()
        if time.monotonic() - started >= SECONDS:
            break
    if SECONDS:
        record = {"target": name, "tried": tried, "seconds": round(time.monotonic() - started)}
        with (APP_ROOT / "test-artifacts" / "fuzz.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
    return tried
