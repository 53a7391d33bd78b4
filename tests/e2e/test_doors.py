"""Who gets in by requests of their own making, and who may upload. No browser is needed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from tests.e2e.conftest import Server, running_app
from tests.e2e.raw_client import XSRF, upload, visit, xsrf_cookie

ROLES = {"UNFREEZE_QUEUE": "off", "UNFREEZE_ADMINS": "ann@example.org"}
HEADERS = {"X-Forwarded-Email": "email", "X-Forwarded-User": "name"}
SECRETS = """[auth]
redirect_uri = "http://localhost:1/oauth2callback"
cookie_secret = "a secret for tests alone, long enough"
client_id = "unfreeze"
client_secret = "never asked for"
server_metadata_url = "http://localhost:1/.well-known/openid-configuration"
"""
ASKS = "Images, runs and models are seen by the team alone."
HOME = "The steps"


@pytest.fixture(scope="module")
def with_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace = tmp_path_factory.mktemp("login")
    (workspace / "secrets.toml").write_text(SECRETS)
    option = f"--secrets.files={workspace / 'secrets.toml'}"
    with running_app(workspace, option, **ROLES) as server:
        yield server


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    option = f"--server.trustedUserHeaders={json.dumps(HEADERS)}"
    with running_app(tmp_path_factory.mktemp("proxy"), option, **ROLES) as server:
        yield server


def test_a_forged_header_counts_for_nothing_where_no_proxy_is_set(with_login: Server) -> None:
    forged = {"X_Forwarded_Email": "ann@example.org", "Cookie": '_streamlit_user="forged"'}
    socket, _, shown = visit(with_login.url, **forged)

    socket.close()
    assert ASKS in shown
    assert HOME not in shown


def test_a_stranger_cannot_upload(with_login: Server) -> None:
    socket, session_id, _ = visit(with_login.url, "Predict")

    status = upload(with_login.url, session_id)

    socket.close()
    assert session_id
    assert status == 403


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "People are signed in by a proxy"),
        ("eve@example.org", "may not use this app"),
        ("Ann@example.org", HOME),
    ],
)
def test_behind_a_proxy_its_header_decides(behind_proxy: Server, email: str, words: str) -> None:
    headers = {"X_Forwarded_Email": email} if email else {}
    cookie = xsrf_cookie(behind_proxy.url)
    socket, session_id, shown = visit(behind_proxy.url, Cookie=f"{XSRF}={cookie}", **headers)
    clear_caches(socket)
    again = visit(behind_proxy.url, Cookie=f"{XSRF}={cookie}", **headers)
    again[0].close()
    status = upload(behind_proxy.url, session_id, cookie)
    from_elsewhere = upload(behind_proxy.url, session_id)
    socket.close()

    assert words in shown
    assert (HOME in shown) == (words == HOME)
    assert status == (204 if words == HOME else 403)
    assert from_elsewhere == 403


def clear_caches(socket: ClientConnection) -> None:
    """What a browser's menu may ask for, and anybody's websocket."""
    socket.send(BackMsg(clear_cache=True).SerializeToString())


def test_pictures_are_for_browsers_whose_person_is_in(behind_proxy: Server) -> None:
    with httpx.Client(base_url=behind_proxy.url) as ann, httpx.Client() as stranger:
        for client in (ann, stranger):
            client.get(f"{behind_proxy.url}/_stcore/health")
        cookie = {"Cookie": f"{XSRF}={ann.cookies[XSRF]}"}
        socket, _, shown = visit(
            behind_proxy.url, "Data", X_Forwarded_Email="ann@example.org", **cookie
        )
        address = re.search(r"/media/\w+\.\w+", shown)
        assert address is not None
        picture = f"{behind_proxy.url}{address[0]}"
        clear_caches(socket)
        hers, anothers = ann.get(picture).status_code, stranger.get(picture).status_code
        nobodys = httpx.get(picture, headers={"Cookie": f"{XSRF}=forged"}).status_code
        socket.close()
        # Somebody without a role opens a page in the same browser.
        visit(behind_proxy.url, X_Forwarded_Email="eve@example.org", **cookie)[0].close()
        afterwards = ann.get(picture).status_code

    assert (hers, anothers, nobodys, afterwards) == (200, 403, 403, 403)


@pytest.mark.parametrize("secrets", ["[auth\n", "[auth]\n"], ids=["not TOML", "empty section"])
def test_secrets_that_cannot_be_used_let_nobody_in(tmp_path: Path, secrets: str) -> None:
    (tmp_path / "secrets.toml").write_text(secrets)
    with running_app(tmp_path, f"--secrets.files={tmp_path / 'secrets.toml'}", **ROLES) as server:
        socket, _, shown = visit(server.url)
        socket.close()

    assert "nobody is let in" in shown
    assert HOME not in shown
