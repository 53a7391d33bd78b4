"""Setup that runs once per page in a server's life."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from itertools import count


def settle(step: str) -> None:
    """Keeps what a page's modules have made out of Python's search for garbage.

    They make some 250,000 objects that stay for good; looking through them took 150 ms, in one of
    twenty reruns. What people's sessions make later is looked through as ever.

    Args:
        step: The page. Its second run is the first that finds all its modules loaded.
    """
    if next(_runs_of(step)) == 2:
        gc.collect()
        gc.freeze()


@cache
def _runs_of(step: str) -> Iterator[int]:
    return count(1)
