"""The server that the attempts are made at, and what must not come out of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from PIL import Image

from core.config import HeadConfig
from core.datasets.importing import import_zip
from core.runs import RunStore
from core.settings import Settings
from core.team.database import TeamDatabase
from core.team.owners import Owners
from tests.app_server import running_app

MARK = "Kept-By-Ann-9f3c"
ADMIN, TRAINER, VIEWER = "ann@example.org", "tess@example.org", "vic@example.org"
SECRET = "a cookie secret for these attempts alone"  # noqa: S105 - of a server that ends with it
SECRETS = f"""[auth]
redirect_uri = "http://localhost:1/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "unfreeze"
client_secret = "never-asked-for"
server_metadata_url = "http://localhost:1/.well-known/openid-configuration"
"""
HEADERS = {"X-Forwarded-Email": "email"}
ROLES = {
    "UNFREEZE_QUEUE": "off",
    "UNFREEZE_ADMINS": ADMIN,
    "UNFREEZE_TRAINERS": TRAINER,
    "UNFREEZE_VIEWERS": VIEWER,
}
MAX_UPLOAD_MB = 2
# Links to the steps: only a page that lets somebody in has them.
INSIDE = "page_link {"
# What nobody but the operator and the owner may read.
KEPT = (MARK.encode(), SECRET.encode(), b"never-asked-for", b"root:x:0", b"fileWatcherType")


@dataclass(frozen=True)
class Target:
    """A server under attack.

    Attributes:
        url: Its address.
        process: Its process.
        dataset_id: A private data set of the admin's.
        run_id: A private run of the admin's.
        workspace: Its workspace.
    """

    url: str
    process: psutil.Process
    dataset_id: str
    run_id: str
    workspace: Path

    @property
    def port(self) -> int:
        """The server's port."""
        return int(urlsplit(self.url).port or 0)


@dataclass(frozen=True)
class Private:
    """A workspace with a private data set and a private run of the admin's."""

    workspace: Path
    dataset_id: str
    run_id: str


def filled(workspace: Path) -> Private:
    """Make a private data set and a private run of the admin's."""
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
    return Private(workspace, made.id, run.id)


@contextmanager
def served(private: Private, proxied: bool) -> Iterator[Target]:
    """Start the app with a login, or behind a proxy whose header says who somebody is."""
    secrets = private.workspace.parent / "secrets.toml"
    secrets.write_text(SECRETS)
    who = (
        f"--server.trustedUserHeaders={json.dumps(HEADERS)}"
        if proxied
        else f"--secrets.files={secrets}"
    )
    limit = f"--server.maxUploadSize={MAX_UPLOAD_MB}"
    with running_app(private.workspace, limit, who, **ROLES) as server:
        yield Target(
            server.url, server.process, private.dataset_id, private.run_id, private.workspace
        )


def leaks(text: str | bytes) -> bool:
    """Whether an answer holds what nobody but the operator and the owner may read."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return any(kept in data for kept in KEPT)


def digests(workspace: Path) -> dict[str, str]:
    """SHA-256 of every file of the data sets and runs, by its path; locks left out."""
    kept = [p for part in ("datasets", "runs") for p in (workspace / part).rglob("*")]
    names = [p.relative_to(workspace).as_posix() for p in kept if p.is_file()]
    return {name: _digest(workspace / name) for name in names if not name.endswith(".lock")}


def lost(workspace: Path, before: dict[str, str]) -> list[str]:
    """The files that have changed or gone since `digests`."""
    return [name for name, digest in before.items() if _digest(workspace / name) != digest]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "gone"
