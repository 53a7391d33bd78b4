"""Waits for other threads and processes: for what happens, not for as long as it should take."""

import time
from collections.abc import Callable

# Only what will never happen takes so long, also where the machine stands still for a while.
PATIENCE_S = 240.0


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Asks until it is so; tells whether it is. It is asked after the last moment, too."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return bool(condition())
        time.sleep(0.02)
    return True
