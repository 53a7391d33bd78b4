"""A run in a real MLflow server, read back by MLflow's own client.

MLflow wants other versions of some packages than the app, so it may live in an environment of its
own: `UNFREEZE_TEST_MLFLOW` names that one's Python.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.runs import RunStore, tracking
from core.settings import Settings
from tests.squares import squares
from tests.ui.runs import finished, head_config

PYTHON = os.environ.get("UNFREEZE_TEST_MLFLOW") or (sys.executable if find_spec("mlflow") else "")
READ = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
run = client.get_run(sys.argv[2])
print(json.dumps({
    "status": run.info.status,
    "parameters": run.data.params,
    "losses": [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "val_loss")],
    "files": [file.path for file in client.list_artifacts(run.info.run_id)],
    "experiment": client.get_experiment(run.info.experiment_id).name,
}))
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="UNFREEZE_TEST_MLFLOW names no Python with MLflow"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = [f"sqlite:///{tmp_path}/db", "--artifacts-destination", str(tmp_path / "files")]
    with (tmp_path / "mlflow.log").open("wb") as log:
        server = subprocess.Popen(
            [PYTHON, "-m", "mlflow", "server", *options, "--backend-store-uri", *stores],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            start_new_session=True,
        )
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError("MLflow did not start")


def test_mlflows_own_client_reads_the_run(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(workspace=tmp_path / "workspace")
    run = finished(RunStore(settings.runs_dir), head_config(squares(settings)), "Squares")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setattr(tracking, "TIMEOUT_S", 90.0)  # its first answers take long

    run_id = tracking.track(run)
    read = subprocess.run(
        [PYTHON, "-c", READ, address, run_id], capture_output=True, text=True, check=True
    )

    found = json.loads(read.stdout.splitlines()[-1])
    assert found["status"] == "FINISHED"
    assert found["experiment"] == "unfreeze/Squares"
    assert found["parameters"]["training.epochs"] == "3"
    assert found["losses"] == [[1, 1.0], [2, 0.5], [3, pytest.approx(1 / 3)]]
    assert {"config.json", "model.keras", "model.tflite"} <= set(found["files"])
