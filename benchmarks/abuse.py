"""What a stranger, a viewer and a trainer get who do not use the app as it is meant.

It starts two servers on 127.0.0.1: one with a login, at which strangers try themselves, and one
that believes a proxy's header, where a viewer and a trainer try to see and to change what is an
admin's alone: by raw requests, and by a real browser where there is Chromium (`in_browser` of those
`tried`). All of it is bounded in number and time.

`python -m benchmarks.abuse` prints what got in, and last a line of JSON: `tried`, `in_browser`,
`got_in`, `server_died`, `data_lost`. The last three must be 0.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PIL import Image
from websockets.exceptions import WebSocketException

from benchmarks.abuse_attempts import Attempt, stranger_attempts
from benchmarks.abuse_client import get
from benchmarks.abuse_insiders import insider_attempts
from benchmarks.abuse_target import (
    ADMIN,
    HEADERS,
    MARK,
    MAX_UPLOAD_MB,
    SECRETS,
    TRAINER,
    VIEWER,
    Target,
)
from benchmarks.doorkeeper import Doorkeeper
from benchmarks.server import free_port
from core.config import HeadConfig
from core.datasets.importing import import_zip
from core.runs import RunStore
from core.settings import APP_ROOT, Settings
from core.team.database import TeamDatabase
from core.team.owners import Owners


@dataclass
class Score:
    """How it went."""

    tried: int = 0
    in_browser: int = 0
    got_in: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)

    def attempt(self, target: Target, name: str, work: Callable[[Target], bool]) -> None:
        """Tries once; `work` says whether it got in."""
        self.tried += 1
        try:
            inside = work(target)
        except (OSError, WebSocketException, TimeoutError, ValueError, EOFError):
            inside = False  # the door was shut
        if inside:
            self.got_in.append(name)
            sys.stdout.write(f"GOT IN  {name}\n")
        if not _alive(target):
            self.died.append(name)
            sys.stdout.write(f"DIED    {name}\n")


def main() -> int:
    """Tries everything.

    Returns:
        The exit code: 1 where something got in, died or was lost.
    """
    score = Score()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workspace = Path(folder) / "workspace"
        dataset_id, run_id = _filled(workspace)
        before = _digests(workspace)
        for proxied, attempts in ((False, stranger_attempts), (True, insider_attempts)):
            target = stack.enter_context(
                _served(workspace, Path(folder), proxied, dataset_id, run_id)
            )
            for name, work in attempts(target):
                score.attempt(target, name, work)
            with _browsing(target, proxied) as in_browser:
                for name, work in in_browser:
                    score.attempt(target, name, work)
                    score.in_browser += 1
        lost = [name for name, digest in before.items() if _digest(workspace / name) != digest]
    for name in lost:
        sys.stdout.write(f"LOST    {name}\n")
    result = {
        "tried": score.tried,
        "in_browser": score.in_browser,
        "got_in": len(score.got_in),
        "server_died": len(score.died),
        "data_lost": len(lost),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(any(result[name] for name in ("got_in", "server_died", "data_lost")))


def _filled(workspace: Path) -> tuple[str, str]:
    """A private data set and a private run of the admin's."""
    settings = Settings(workspace)
    archive = workspace.parent / f"{MARK}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for place in range(20):
            file = io.BytesIO()
            Image.new("RGB", (40, 30), (place * 10, 90, 200 - place * 9)).save(file, "PNG")
            packed.writestr(f"{MARK}-{place % 2}/{MARK}-{place}.png", file.getvalue())
    made = import_zip(archive, MARK, settings, lambda done, total: None)
    run = RunStore(settings.runs_dir, ADMIN).create(HeadConfig(made.id, made.version), MARK)
    (run.path / "stop.request").touch()
    database = TeamDatabase(settings.database_url)
    owners = Owners(database)
    for kind, thing in (("dataset", made.id), ("run", run.id)):
        owners.claim(kind, [thing], ADMIN)  # type: ignore[arg-type]
        owners.share(kind, thing, private=True)  # type: ignore[arg-type]
    return made.id, run.id


@contextmanager
def _served(
    workspace: Path, folder: Path, proxied: bool, dataset_id: str, run_id: str
) -> Iterator[Target]:
    port, secrets = free_port(), folder / "secrets.toml"
    secrets.write_text(SECRETS)
    asked = json.dumps(HEADERS)
    who = f"--server.trustedUserHeaders={asked}" if proxied else f"--secrets.files={secrets}"
    environment = {
        **os.environ,
        "UNFREEZE_WORKSPACE": str(workspace),
        "UNFREEZE_QUEUE": "off",
        "UNFREEZE_ADMINS": ADMIN,
        "UNFREEZE_TRAINERS": TRAINER,
        "UNFREEZE_VIEWERS": VIEWER,
    }
    options = [f"--server.port={port}", f"--server.maxUploadSize={MAX_UPLOAD_MB}", who]
    with (folder / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
            cwd=APP_ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    target = Target(port, psutil.Process(process.pid), dataset_id, run_id, workspace)
    try:
        for _ in range(240):
            if _alive(target, 1):
                break
            time.sleep(0.25)
        yield target
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _browsing(target: Target, proxied: bool) -> Iterator[Iterator[Attempt]]:
    """Attempts with a real browser; none, and a word why, where there is no browser."""
    try:
        from benchmarks import abuse_browser as tries
    except ModuleNotFoundError:
        sys.stdout.write("NO BROWSER: playwright is not installed (requirements-dev.txt)\n")
        yield iter(())
        return
    with tries.chromium() as browser, Doorkeeper(target.port) as door:
        if browser is None:
            sys.stdout.write("NO BROWSER: no Chromium on this machine (apt-get install chromium)\n")
            yield iter(())
        elif proxied:
            yield tries.browser_attempts_behind_proxy(target, browser, door)
        else:
            yield tries.browser_attempts_at_login(target, browser)


def _alive(target: Target, tries: int = 40) -> bool:
    """Whether it says `ok`; only the body tells, as unknown paths answer 200 too."""
    for _ in range(tries):
        try:
            if get(target.port, "/_stcore/health").endswith(b"ok"):
                return target.process.is_running()
        except OSError:
            pass  # not yet, or not any more
        time.sleep(0.25)
    return False


def _digests(workspace: Path) -> dict[str, str]:
    kept = [p for part in ("datasets", "runs") for p in (workspace / part).rglob("*")]
    names = [p.relative_to(workspace).as_posix() for p in kept if p.is_file()]
    return {name: _digest(workspace / name) for name in names if not name.endswith(".lock")}


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "gone"


if __name__ == "__main__":
    sys.exit(main())
