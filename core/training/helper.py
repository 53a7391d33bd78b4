"""The process that helps a run of another machine with its pass over the images:
`python -m core.training.helper RUN_DIR KEY TAP...`.

It makes the same model and list of images from the run's settings, and computes shards only if that
gives the same key.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from core.jobs.gpus import taken
from core.logs import log_to_stderr
from core.queue.sharing import REFUSED
from core.runs import Run, Runs, RunState
from core.settings import Settings

LOOK_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class NotNeeded(Exception):  # noqa: N818 - no error
    """Raised where the run no longer computes features, or another waits for this worker."""


class Watch:
    """Ends the help in time; called with the progress.

    Args:
        run: The run that is helped.
    """

    def __init__(self, run: Run) -> None:
        self._store = Runs(run.path.parent)
        self._run_id = run.id
        self._looked = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Looks once a second.

        Raises:
            NotNeeded: If the help is to end.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        status = self._store.get(self._run_id).status
        if status.state is not RunState.RUNNING or status.phase != "features":
            raise NotNeeded("the run needs no help")
        if self._store.startable():
            raise NotNeeded("another run waits for this worker")


def main(arguments: list[str]) -> int:
    """Helps the run whose folder is named.

    Returns:
        The exit code: `REFUSED` where something else would be computed here.
    """
    run_dir, key, taps = Path(arguments[0]).resolve(), arguments[1], arguments[2:]
    log_to_stderr()
    run = Runs(run_dir.parent).get(run_dir.name)
    watch = Watch(run)
    try:
        watch(0, 0)
        settings = Settings.from_environment()
        with taken(settings.queue_dir, every=False, wanted=lambda: False) as has_gpu:
            # Without one, a run trains on all of them.
            return _help(run, key, taps, watch) if has_gpu else 0
    except NotNeeded as reason:
        _LOG.info("%s", reason)
        return 0


def _help(run: Run, key: str, taps: list[str], watch: Watch) -> int:
    # Imported only now: a run that needs no help costs no seconds.
    from core.training.feature_pass import tap_file
    from core.training.feature_store import FeatureStore
    from core.training.prepare import prepared
    from core.training.shared_pass import help_with

    settings = Settings.from_environment()
    stage, data = prepared(run, settings)
    store = FeatureStore(settings.features_dir, settings.max_features_bytes)
    kind = run.config.training.features_type
    missing = [(tap, tap_file(store, stage.model, tap, data.images, kind)) for tap in taps]
    if missing[0][1].path.name != key:
        _LOG.info("the features here would be %s, not %s", missing[0][1].path.name, key)
        return REFUSED
    try:
        count = help_with(stage.model, missing, data.images, watch)
    except FileNotFoundError:
        return 0  # it is complete already
    _LOG.info("%d shards", count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
