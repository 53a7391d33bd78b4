"""The application's life, as `streamlit run` leads it."""

from pathlib import Path

import httpx
import pytest

from tests.app_server import running_app
from tests.patience import PATIENCE_S, wait_until
from tests.security.client import opened, run


@pytest.mark.slow
def test_a_server_that_is_asked_to_end_ends_although_somebody_looks(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    with running_app(tmp_path) as server, opened(server.url) as visitor:
        assert run(visitor).ended
        assert wait_until(lambda: asked(server.url)["scheduler"])
        server.process.terminate()
        server.process.wait(PATIENCE_S)

    begun, ended = (log.read_text("utf-8").count(f"the server has {w}") for w in ("begun", "ended"))
    assert (begun, ended) == (1, 1)


def asked(url: str) -> dict[str, object]:
    """What `/healthz` says; the server can serve."""
    answer = httpx.get(f"{url}/healthz", timeout=PATIENCE_S)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found
