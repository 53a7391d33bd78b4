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
    started, began = time.monotonic(), time.process_time()

    def over() -> bool:
        return time.monotonic() - started >= SECONDS

    def one(value: Any) -> None:
        nonlocal tried
        if SECONDS and over():
            return  # the rest of a round is not worth waiting for
        tried += 1
        with tempfile.TemporaryDirectory() as folder:
            target(value, Path(folder))

    whole = False
    try:
        while True:
            settings(
                max_examples=500 if SECONDS else EXAMPLES,
                deadline=None,
                database=None,
                derandomize=not SECONDS,
                suppress_health_check=list(HealthCheck),
            )(given(inputs)(one))()
            if over():
                break
        whole = True
    finally:
        if SECONDS:
            _record(
                target=name,
                tried=tried,
                seconds=round(time.monotonic() - started),
                cpu_seconds=round(time.process_time() - began),
                passed=whole,
            )
    return tried


def _record(**facts: Any) -> None:
    path = APP_ROOT / "test-artifacts" / "fuzz.jsonl"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(facts) + "\n")
