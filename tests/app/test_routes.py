"""Health for load balancers, figures for Prometheus, and who may ask for them."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from core.app.routes import routes
from core.errors import QueueError
from core.health import Examiner
from core.jobs.process import record_process
from core.queue.dispatcher import Dispatcher
from core.queue.scheduler import record
from core.settings import Settings


def get(
    path: str,
    settings: Settings,
    dispatcher: Dispatcher | None = None,
    peer: str = "127.0.0.1",
    **headers: str,
) -> httpx.Response:
    """What a server answers to a program at an address."""
    app = Starlette(routes=routes("/x", Examiner(settings, dispatcher).health))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as program:
            return await program.get(f"/x/{path}", headers=headers)

    return asyncio.run(asked())


def test_a_server_that_only_looks_is_healthy(settings: Settings) -> None:
    answer = get("healthz", settings)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "status": "ok",
        "workspace": True,
        "database": True,
        "scheduler": None,
        "queue": True,
    }


def test_the_scheduler_is_told_and_a_queue_that_fails_is_not_healthy(settings: Settings) -> None:
    dispatcher = Dispatcher(settings)
    stopped = get("healthz", settings, dispatcher)
    settings.queue_dir.mkdir(parents=True)
    record_process(record(settings, "scheduler"))
    there = get("healthz", settings, dispatcher)
    dispatcher.error = QueueError("It does not answer.", "Start it.")
    failing = get("healthz", settings, dispatcher)

    assert (stopped.status_code, stopped.json()["scheduler"]) == (200, False)
    assert (there.status_code, there.json()["scheduler"]) == (200, True)
    assert (failing.status_code, failing.json()["queue"]) == (503, False)
    assert "answer" not in failing.text  # nothing is told to who is not signed in


def test_a_workspace_that_is_no_folder_is_not_healthy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = get("healthz", Settings(tmp_path / "file"))

    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["workspace"]) == ("unavailable", False)
    assert str(tmp_path) not in answer.text


def test_a_database_that_is_damaged_is_not_healthy(settings: Settings) -> None:
    (settings.workspace / "team.db").write_bytes(b"no database" * 1000)
    answer = get("healthz", settings)

    assert (answer.status_code, answer.json()["database"]) == (503, False)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(settings.workspace / "team.db").execute("SELECT * FROM sqlite_master")


def test_figures_are_for_this_machine_alone(settings: Settings) -> None:
    here = get("metrics", settings)
    proxied = get("metrics", settings, **{"X-Forwarded-For": "127.0.0.1"})
    elsewhere = get("metrics", settings, peer="10.0.0.7")

    assert here.status_code == 200 and 'unfreeze_runs{state="queued"} 0' in here.text
    assert here.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert (proxied.status_code, elsewhere.status_code) == (403, 403)
    assert "unfreeze_" not in proxied.text + elsewhere.text
