"""Telling an MLflow server of a run: what it is told, and a server that is down harms nothing."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core.runs import Run, RunStore
from core.runs.tracking import track, track_file
from core.settings import Settings
from tests.squares import squares
from tests.ui.runs import finished, head_config

Calls = list[tuple[str, str, bytes, Mapping[str, str]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    settings = Settings(workspace=tmp_path)
    return finished(RunStore(settings.runs_dir), head_config(squares(settings)), "Squares")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Answers as MLflow does; what it was asked is kept."""
    calls: Calls = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls.append((self.command, self.path, body, self.headers))
            unknown = "get-by-name" in self.path
            info = {"run_id": "r1", "artifact_uri": "mlflow-artifacts:/7/r1/artifacts"}
            text = json.dumps({"experiment_id": "7", "run": {"info": info}}).encode()
            self.send_response(404 if unknown else 200)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the server looks for

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    served = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{served.server_port}/")
    yield calls
    served.shutdown()
    served.server_close()


def test_a_run_is_told_with_its_settings_its_epochs_and_its_files(run: Run, server: Calls) -> None:
    assert track(run) == "r1"

    told = [json.loads(body) for _, path, body, _ in server if path.endswith("log-batch")]
    parameters = {p["key"]: p["value"] for call in told for p in call.get("params", ())}
    metrics = [m for call in told for m in call.get("metrics", ())]
    assert parameters["training.epochs"] == "3"
    assert parameters["backbone"] == "efficientnet_lite0"
    # The stand-in's loss is 1 / epoch.
    losses = {m["step"]: m["value"] for m in metrics if m["key"] == "val_loss"}
    assert losses == {1: 1.0, 2: 0.5, 3: pytest.approx(1 / 3)}
    put = [path for method, path, *_ in server if method == "PUT"]
    assert "/api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts/model.keras" in put
    assert json.loads(server[-1][2])["status"] == "FINISHED"


def test_a_file_that_is_made_later_follows_once_the_run_was_sent(run: Run, server: Calls) -> None:
    track_file(run, run.litert_path)
    assert server == []
    track(run)
    server.clear()

    track_file(run, run.litert_path)

    (sent,) = server
    assert sent[:2] == ("PUT", "/api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts/model.tflite")


def test_a_server_that_is_down_harms_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")

    assert track(run) == ""
    assert not (run.path / "mlflow.json").exists()


def test_without_a_server_nothing_is_sent(
    run: Run, server: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")

    assert track(run) == ""
    assert server == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"USERNAME": "ann", "PASSWORD": "secret"}, "Basic YW5uOnNlY3JldA=="),
        ({"USERNAME": "ann", "TOKEN": "t"}, "Bearer t"),
    ],
)
def test_it_signs_in_as_mlflows_own_client_does(
    run: Run,
    server: Calls,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    expected: str | None,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", value)

    assert track(run) == "r1"

    assert {headers.get("Authorization") for *_, headers in server} == {expected}
