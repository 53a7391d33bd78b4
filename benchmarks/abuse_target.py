"""The server that `benchmarks.abuse` tries itself at, and what must not come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "Kept-By-Ann-9f3c"
ADMIN, TRAINER, VIEWER = "ann@example.org", "tess@example.org", "vic@example.org"
SECRET = "a cookie secret for this benchmark alone"  # noqa: S105 - of a server that ends with it
SECRETS = f"""[auth]
redirect_uri = "http://localhost:1/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "unfreeze"
client_secret = "never-asked-for"
server_metadata_url = "http://localhost:1/.well-known/openid-configuration"
"""
HEADERS = {"X-Forwarded-Email": "email"}
MAX_UPLOAD_MB = 2
# Links to the steps: only a page that lets somebody in has them.
INSIDE = "page_link {"
# What nobody but the operator and the owner may read.
KEPT = (MARK.encode(), SECRET.encode(), b"never-asked-for", b"root:x:0", b"fileWatcherType")


@dataclass(frozen=True)
class Target:
    """A server that is tried at.

    Attributes:
        port: Its port.
        process: Its process.
        dataset_id: A private data set of the admin's.
        run_id: A private run of the admin's.
        workspace: Its workspace.
    """

    port: int
    process: psutil.Process
    dataset_id: str
    run_id: str
    workspace: Path


def leaks(text: str | bytes) -> bool:
    """Whether an answer holds what nobody but the operator and the owner may read."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return any(kept in data for kept in KEPT)
