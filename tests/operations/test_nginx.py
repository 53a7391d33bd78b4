"""The app behind Debian's nginx, with the configuration that the documentation gives."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from core.settings import APP_ROOT
from tests.app_server import free_port, running_app
from tests.patience import PATIENCE_S, wait_until
from tests.security.client import XSRF, get, visit

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
CONFIGURATION = APP_ROOT / "deploy" / "nginx.conf"
LIMIT = 200_000
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx on this machine: apt-get install nginx"),
]
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx, in front of an app that believes the header of a proxy."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    headers = json.dumps({"X-Forwarded-Email": "email"})
    options = ("--server.baseUrlPath=unfreeze", f"--server.trustedUserHeaders={headers}")
    roles = {"UNFREEZE_QUEUE": "off", "UNFREEZE_ADMINS": "ann@example.org"}
    with running_app(tmp_path_factory.mktemp("workspace"), *options, **roles) as server:
        inside = CONFIGURATION.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
        inside = inside.replace("127.0.0.1:8501", urlsplit(server.url).netloc)
        inside = inside.replace("4000m;", f"{LIMIT};")
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, inside=inside))
        process = _start(folder)
        try:
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    assert wait_until((folder / "nginx.pid").exists)
    return process


def test_the_page_answers_below_its_path(front: str) -> None:
    page = httpx.get(f"{front}/unfreeze", follow_redirects=True, timeout=PATIENCE_S)
    script = page.text.split('src="')[1].split('"')[0].removeprefix("./")

    assert page.status_code == 200 and "<title>" in page.text
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert httpx.get(f"{front}/unfreeze/{script}", timeout=PATIENCE_S).status_code == 200
    assert httpx.get(f"{front}/unfreeze/_stcore/health", timeout=PATIENCE_S).text == "ok"
    assert httpx.get(f"{front}/unfreeze/healthz", timeout=PATIENCE_S).json()["status"] == "ok"
    assert httpx.get(f"{front}/", timeout=PATIENCE_S).status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "metrics",
        "_stcore/metrics",
        "_stcore/metrics/",
        "_stcore/metrics?families=session_events",
        "_stcore/%6detrics",
        "/_stcore/metrics",
        "Data/_stcore/metrics",
        "_stcore/upload_file/..%2fmetrics",
        "_stcore/health/../metrics",
        "_stcore/script-health-check",
        "_stcore/agent/interact",
        "_stcore/agent/openapi.json",
    ],
)
def test_what_no_browser_needs_stays_inside(front: str, path: str) -> None:
    port = urlsplit(front).port or 0
    answer = get(port, f"/unfreeze/{path}")

    assert answer.startswith(b"HTTP/1.1 404")
    assert b"<center>nginx" in answer  # the app was not asked at all


@pytest.mark.parametrize("path", ["_stcore/host-config", "_stcore/bidi-components/unknown"])
def test_what_a_browser_needs_reaches_the_app(front: str, path: str) -> None:
    answer = httpx.get(f"{front}/unfreeze/{path}", timeout=PATIENCE_S)

    assert "nginx" not in answer.text
    assert "allowedOrigins" in answer.text or answer.status_code == 404


def test_the_websocket_works_and_a_browsers_word_for_who_it_is_does_not(front: str) -> None:
    connection, seen = visit(f"{front}/unfreeze", X_Forwarded_Email="ann@example.org", Origin=front)
    connection.close()

    assert seen.session_id
    assert "People are signed in by a proxy" in seen.text
    assert "The steps" not in seen.text


@pytest.mark.parametrize(("size", "refused"), [(LIMIT // 2, False), (2 * LIMIT, True)])
def test_an_upload_above_the_limit_is_refused(front: str, size: int, refused: bool) -> None:
    with httpx.Client(base_url=f"{front}/unfreeze", timeout=PATIENCE_S) as client:
        client.get("/_stcore/health")
        answer = client.put(
            "/_stcore/upload_file/no-session/1",
            files={"file": ("a.jpg", b"x" * size)},
            headers={"X-Xsrftoken": client.cookies[XSRF]},
        )

    # The app itself refuses the smaller one: nobody has signed in in this browser.
    assert answer.status_code == (413 if refused else 403)
