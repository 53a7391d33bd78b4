"""What guests without a browser do on the team's server."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from benchmarks.guest import Guest, Seen
from benchmarks.load import timer_of
from benchmarks.pictures import archive, photograph

PREDICT_EVERY_S = 4.0
UPLOAD_EVERY_S = 20.0


async def watch(port: int, query: str, ends: float, seen: Seen, email: str) -> None:
    """Looks at the live view, at the page's own pace."""
    guest = Guest(port, "Fine_tune", query, seen, email)
    await guest.open()
    timer = timer_of(guest.messages)
    if timer is None:
        raise RuntimeError("the page has no live view")
    while time.monotonic() < ends:
        await asyncio.sleep(timer.interval)
        await guest.rerun(timer.fragment_id)
        timer = timer_of(guest.messages) or timer
    guest.close()


async def predict(port: int, query: str, ends: float, seen: Seen, email: str, number: int) -> None:
    """Asks what an image shows, again and again."""
    guest = Guest(port, "Predict", query, seen, email)
    await guest.open()
    await guest.wait_for("file_uploader", "predict_files")
    random = np.random.default_rng(number)
    while time.monotonic() < ends:
        await asyncio.sleep(PREDICT_EVERY_S * random.uniform(0.5, 1.5))
        await guest.upload("predict_files", "image.jpg", photograph(random))
        await guest.rerun()
        seen.predictions += 1
    guest.close()


async def bring_in(port: int, ends: float, seen: Seen, email: str, number: int) -> None:
    """Uploads a zip, looks at what was recognised, brings it in."""
    random = np.random.default_rng(100 + number)
    for turn in range(10_000):
        await asyncio.sleep(UPLOAD_EVERY_S * random.uniform(0.5, 1.5))
        if time.monotonic() > ends:
            return
        guest = Guest(port, "Data", "", seen, email)
        await guest.open()
        await guest.upload("zip", f"photographs_{number}_{turn}.zip", archive(random))
        await guest.rerun()
        guest.press("import_zip")
        seen.imports.append(await guest.rerun(counts=False))
        guest.release()
        await guest.rerun()
        guest.close()
