"""A team at work on one server: people who upload, watch and predict while a run is trained.

Run `python -m benchmarks.team --minutes 10`, or `--minutes 10 --browsers 20`. It starts the server
with a queue, trains a small model, starts a long run and lets guests in: some watch the run, some
upload an image to Predict every few seconds, some upload a zip to Data, look at what was
recognised, and bring it in. Each is a person of their own, whom the server knows by a proxy's
header. With `--browsers N`, N of them are pages of a real Chromium (`requirements-dev.txt`), the
first of which starts and stops the run; the others are websockets that talk as a browser does. An
interrupted benchmark ends what it has started, too. The last line is JSON:
    watching, predicting, uploading: guests of each kind.
    browsers: how many of them are pages of a real browser.
    minutes: for how long.
    reruns: of all guests; an import is none, it works for as long as its images take, and neither
        is opening a page. A browser asks for more of them than a websocket that is no browser:
        each live part of a page asks for itself.
    p50_rerun_ms, p95_rerun_ms: of those, from asking for one to the message that it has ended.
    errors: pages that ended with an exception or told of an error; with a browser also errors of
        its console, lost connections, and what did not answer or appear within 30 seconds.
    imports, import_p50_s: data sets brought in, and how long that took.
    openings, opening_p50_s: pages opened by a browser, and how long the server took to draw them.
    predictions: images that were classified.
    growth: the server's memory at the end over that once 100 data sets had been brought in; null
        where there were not so many. Until then each leaves pictures in caches that have a bound.
    warm_minutes: until then.
    cores: of this machine.
    busy: how many of them were in use, on average, by server, training, queue, browsers, and
        clients (this process and what it drives the browsers by).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.doorkeeper import EMAIL, Doorkeeper
from benchmarks.faults import Site
from benchmarks.guest import Seen
from benchmarks.guest_visits import bring_in, predict, watch
from benchmarks.processor_time import ProcessorTime
from core.config import FineTuneConfig, TrainingConfig
from core.runs import Run

KINDS = ("watching", "uploading", "predicting")
# The first browsers are of these kinds, in this order.
_IN_TURN = ("watching", "uploading", "predicting", "watching")
_BETWEEN_LOOKS_S = 5.0
# Of 40 photographs each; Data's pictures of these fill what `core/ui/data/thumbnails.py` keeps.
_WARM_IMPORTS = 100
_ADMIN = "ann@example.org"


async def weigh(
    process: psutil.Process, processors: ProcessorTime, ends: float, seen: Seen
) -> None:
    """Notes the server's memory, and who uses the processors, every few seconds."""
    while time.monotonic() < ends:
        seen.megabytes.append((len(seen.imports), process.memory_info().rss / 1e6))
        processors.look()
        await asyncio.sleep(_BETWEEN_LOOKS_S)
    processors.look()


class Team:
    """Everybody, at work at the same time.

    Args:
        site: The server.
        run: The long run.
        guests: Of the command line.
    """

    def __init__(self, site: Site, run: Run, guests: argparse.Namespace) -> None:
        self._port, self._guests, self.seen = site.server.port, guests, Seen()
        self._server = psutil.Process(site.server.process.pid)
        self.processors = ProcessorTime(site.settings.queue_dir)
        self._run = f"dataset={run.base.dataset_id}&run={run.id}"
        self._model = f"dataset={run.base.dataset_id}&model={site.whole[1].id}"

    async def work(self) -> None:
        """Does it."""
        browsers = in_browsers(self._guests)
        async with AsyncExitStack() as stack:
            people = await self._people(browsers, stack) if browsers.total() else None
            ends = time.monotonic() + 60 * self._guests.minutes
            tasks = [weigh(self._server, self.processors, ends, self.seen)]
            for kind in KINDS:
                for number in range(getattr(self._guests, kind)):
                    if people is not None and number < browsers[kind]:
                        tasks.append(people.work(kind, number, ends))
                    else:
                        tasks.append(self._work(kind, number, ends))
            await asyncio.gather(*tasks)
            if people is not None:
                await people.leave()

    async def _people(self, browsers: Counter[str], stack: AsyncExitStack) -> Any:
        from benchmarks.visits import People, chromium

        path = shutil.which("chromium") or shutil.which("chromium-browser")
        if path is None:
            raise SystemExit("There is no Chromium here: apt-get install chromium")
        door = stack.enter_context(Doorkeeper(self._port))
        browser = await stack.enter_async_context(chromium(path))
        people = People(browser, self._run, self._model, self.seen)
        for kind in KINDS:
            for number in range(browsers[kind]):
                await people.admit(kind, door.address(_email(kind, number)))
        await people.train()
        return people

    def _work(self, kind: str, number: int, ends: float) -> Coroutine[Any, Any, None]:
        port, seen, email = self._port, self.seen, _email(kind, number)
        if kind == "watching":
            return watch(port, self._run, ends, seen, email)
        if kind == "predicting":
            return predict(port, self._model, ends, seen, email, number)
        return bring_in(port, ends, seen, email, number)


def in_browsers(guests: argparse.Namespace) -> Counter[str]:
    """How many of each kind have a browser."""
    counts: Counter[str] = Counter()
    for kind in cycle(_IN_TURN):
        if counts.total() == guests.browsers:
            return counts
        counts[kind] += counts[kind] < getattr(guests, kind)
    return counts


def _email(kind: str, number: int) -> str:
    if (kind, number) == ("watching", 0):
        return _ADMIN  # who stops and resumes a run that is nobody's
    return f"{kind}.{number}@example.org"


def long_run(site: Site, stopped: bool) -> Run:
    """A run that does not end by itself; where asked for, stopped in its first epochs."""
    training = TrainingConfig(learning_rate=1e-4, epochs=100_000, batch_size=8)
    head = site.whole[0]
    run = site.store.create(FineTuneConfig(head.id, head.base, "block5", training=training))
    if stopped:
        while not run.checkpoints_path.is_dir():
            time.sleep(0.2)
        site.store.request_stop(run.id)
        while site.store.get(run.id).status.state.active:
            time.sleep(0.2)
    return run


def report(team: Team, guests: argparse.Namespace) -> dict[str, Any]:
    """What the last line says."""
    seen = team.seen
    milliseconds = 1000 * np.array(seen.reruns)
    sizes = [size for _, size in seen.megabytes]
    cold = sum(imports < _WARM_IMPORTS for imports, _ in seen.megabytes)
    warm = cold < len(sizes)
    busy = team.processors.seconds()
    return {
        "watching": guests.watching,
        "predicting": guests.predicting,
        "uploading": guests.uploading,
        "browsers": guests.browsers,
        "minutes": guests.minutes,
        "reruns": len(seen.reruns),
        "p50_rerun_ms": round(float(np.median(milliseconds)), 1),
        "p95_rerun_ms": round(float(np.percentile(milliseconds, 95)), 1),
        "errors": len(seen.errors),
        "imports": len(seen.imports),
        "import_p50_s": _median(seen.imports),
        "openings": len(seen.openings),
        "opening_p50_s": _median(seen.openings),
        "predictions": seen.predictions,
        "growth": round(sizes[-1] / sizes[cold] - 1, 3) if warm else None,
        "warm_minutes": round(guests.minutes * cold / len(sizes), 1) if warm else None,
        "server_mb": round(sizes[-1], 1),
        "cores": os.cpu_count(),
        "busy": {k: round(s / (60 * guests.minutes), 2) for k, s in sorted(busy.items())},
    }


def _median(seconds: list[float]) -> float | None:
    return round(float(np.median(seconds)), 2) if seconds else None


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--watching", type=int, default=10)
    parser.add_argument("--predicting", type=int, default=5)
    parser.add_argument("--uploading", type=int, default=5)
    parser.add_argument("--browsers", type=int, default=0)
    guests = parser.parse_args()
    if guests.browsers > sum(getattr(guests, kind) for kind in KINDS):
        parser.error("there are more browsers than guests")
    # A shell lets what it starts in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: signal.raise_signal(signal.SIGINT))
    options = f"--server.trustedUserHeaders={json.dumps({EMAIL: 'email'})}"
    roles = {"UNFREEZE_TRAINERS": "@example.org", "UNFREEZE_ADMINS": _ADMIN}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder), options, email=_ADMIN, **roles)
        try:
            run = long_run(site, stopped=guests.browsers > 0)
            team = Team(site, run, guests)
            asyncio.run(team.work())
            site.store.request_stop(run.id)
        finally:
            site.close()
    for error in sorted(set(team.seen.errors)):
        print(f"{team.seen.errors.count(error)} times: {error}")
    print(json.dumps(report(team, guests)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
