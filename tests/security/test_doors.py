"""Who gets in by requests of their own making, and who may upload. No browser is needed."""

import re
from pathlib import Path

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from core.team.browsers import BROWSER_COOKIE
from tests.app_server import running_app
from tests.security.client import XSRF, cookie_header, new_browser, upload, visit
from tests.security.target import ROLES, Target

ASKS = "Images, runs and models are seen by the team alone."
HOME = "The steps"


def test_a_forged_header_counts_for_nothing_where_no_proxy_is_set(with_login: Target) -> None:
    forged = {"X_Forwarded_Email": "ann@example.org", "Cookie": '_streamlit_user="forged"'}
    socket, seen = visit(with_login.url, **forged)

    socket.close()
    assert ASKS in seen.text
    assert HOME not in seen.text


def test_a_stranger_cannot_upload(with_login: Target) -> None:
    socket, seen = visit(with_login.url, "Predict")

    status = upload(with_login.url, seen.session_id)

    socket.close()
    assert seen.session_id
    assert status == 403


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "People are signed in by a proxy"),
        ("eve@example.org", "may not use this app"),
        ("Ann@example.org", HOME),
    ],
)
def test_behind_a_proxy_its_header_decides(behind_proxy: Target, email: str, words: str) -> None:
    headers = {"X_Forwarded_Email": email} if email else {}
    browser = new_browser(behind_proxy.url)
    socket, seen = visit(behind_proxy.url, Cookie=cookie_header(browser), **headers)
    clear_caches(socket)
    again = visit(behind_proxy.url, Cookie=cookie_header(browser), **headers)
    again[0].close()
    status = upload(behind_proxy.url, seen.session_id, browser)
    from_elsewhere = upload(behind_proxy.url, seen.session_id)
    socket.close()

    assert words in seen.text
    assert (HOME in seen.text) == (words == HOME)
    assert status == (204 if words == HOME else 403)
    assert from_elsewhere == 403


def clear_caches(socket: ClientConnection) -> None:
    """What a browser's menu may ask for, and anybody's websocket."""
    socket.send(BackMsg(clear_cache=True).SerializeToString())


def test_pictures_are_for_browsers_whose_person_is_in(behind_proxy: Target) -> None:
    with httpx.Client(base_url=behind_proxy.url) as ann, httpx.Client() as stranger:
        for client in (ann, stranger):
            client.get(f"{behind_proxy.url}/_stcore/health")
        cookie = {"Cookie": cookie_header(dict(ann.cookies))}
        socket, seen = visit(
            behind_proxy.url, "Data", X_Forwarded_Email="ann@example.org", **cookie
        )
        address = re.search(r"/media/\w+\.\w+", seen.text)
        assert address is not None
        picture = f"{behind_proxy.url}{address[0]}"
        clear_caches(socket)
        hers, anothers = ann.get(picture).status_code, stranger.get(picture).status_code
        forged = {"Cookie": f"{XSRF}={ann.cookies[XSRF]}; {BROWSER_COOKIE}={'x' * 32}"}
        nobodys = httpx.get(picture, headers=forged).status_code
        socket.close()
        # Somebody without a role opens a page in the same browser.
        visit(behind_proxy.url, X_Forwarded_Email="eve@example.org", **cookie)[0].close()
        afterwards = ann.get(picture).status_code

    assert (hers, anothers, nobodys, afterwards) == (200, 403, 403, 403)


@pytest.mark.parametrize("secrets", ["[auth\n", "[auth]\n"], ids=["not TOML", "empty section"])
def test_secrets_that_cannot_be_used_let_nobody_in(tmp_path: Path, secrets: str) -> None:
    (tmp_path / "secrets.toml").write_text(secrets)
    with running_app(tmp_path, f"--secrets.files={tmp_path / 'secrets.toml'}", **ROLES) as server:
        socket, seen = visit(server.url)
        socket.close()

    assert "nobody is let in" in seen.text
    assert HOME not in seen.text
