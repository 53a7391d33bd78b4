"""A kind of job: what it needs, does and leaves. Nothing else in the product knows it."""

import os
import time

from core.errors import ExportError
from core.jobs.job import Kind
from core.jobs.reporter import Reporter

KIND = Kind(__name__, "counting")


def work(reporter: Reporter, how: str) -> dict[str, int]:
    if how == "refuse":
        raise ExportError("It does not fit.", "Take another.")
    if how == "die":
        os._exit(3)
    if how == "deaf":
        reporter.say("Asleep")
        time.sleep(600)
    reporter.say("Counting")
    for done in range(20_000 if how == "long" else 2):
        reporter.advance(done, 200)
        time.sleep(0.05)
    return {"answer": 42}
