"""Report completed runs to an MLflow server, where `MLFLOW_TRACKING_URI` names one.

It speaks MLflow's REST interface (https://mlflow.org/docs/latest/api_reference/rest-api.html), so
that nothing of MLflow needs to be installed: `mlflow-skinny` brings 17 packages and 80 MB, and
reports its use to its makers unless told not to. A server that is down or refuses is noted in the
log and never harms the run.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from core.config import config_to_dict
from core.files import read_json, write_json
from core.runs.metrics_log import epoch_table, read_metrics
from core.runs.run import Run, RunState

# A server that is down must not hold the next run up.
TIMEOUT_S = 10.0
ARTIFACTS = ("config.json", "account.json", "predictions.parquet", "model.keras", "model.tflite")
_PARAMETERS_A_CALL = 100
_METRICS_A_CALL = 900
_LONGEST_VALUE = 500
_ENDS = {RunState.COMPLETED: "FINISHED", RunState.STOPPED: "KILLED", RunState.FAILED: "FAILED"}
_LOG = logging.getLogger(__name__)


def track(run: Run) -> str:
    """Sends a run that has ended, once.

    Args:
        run: The run; `mlflow.json` in its folder keeps what it is called there.

    Returns:
        MLflow's id of it; "" where no server is named, it was sent before, or that failed.
    """
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    record = run.path / "mlflow.json"
    if not address.startswith(("http://", "https://")) or run.status.state not in _ENDS:
        return ""
    if record.exists() and run.status.state is not RunState.COMPLETED:
        return ""
    try:
        found, artifact_uri = _send(_Server(address.rstrip("/")), run)
        write_json(record, {"server": address, "run_id": found, "artifact_uri": artifact_uri})
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("MLflow at %s was not told of this run: %s", _shown(address), error)
        return ""
    return found


def track_file(run: Run, file: Path) -> None:
    """Sends a file that was made after the run had been sent."""
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    try:
        sent = read_json(run.path / "mlflow.json")
        if address and sent["server"] == address:
            _send_files(_Server(address.rstrip("/")), sent["artifact_uri"], [file])
    except FileNotFoundError:
        return  # it never was
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("MLflow at %s was not sent %s: %s", _shown(address), file.name, error)


class _Server:
    """MLflow's REST interface.

    Args:
        address: Where it is, without a slash at the end.
    """

    def __init__(self, address: str) -> None:
        self._address, self._session = address, requests.Session()
        # The variables of MLflow's own client.
        user, token = (os.environ.get(f"MLFLOW_TRACKING_{n}") for n in ("USERNAME", "TOKEN"))
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        elif user:
            self._session.auth = (user, os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))

    def call(self, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Post JSON and read JSON."""
        return dict(self._request("POST", f"/api/2.0/mlflow/{path}", json=values).json())

    def upload(self, path: str, file: Path) -> None:
        """Put a file into the server's own store of artifacts."""
        where = f"/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
        with file.open("rb") as data:
            self._request("PUT", where, data=data)

    def experiment(self, name: str) -> str:
        """Return the id of an experiment, made where it is missing."""
        wanted = {"experiment_name": name}
        try:
            path = "/api/2.0/mlflow/experiments/get-by-name"
            found = self._request("GET", path, params=wanted).json()
            return str(found["experiment"]["experiment_id"])
        except requests.HTTPError as error:
            if error.response.status_code != 404:
                raise
        return str(self.call("experiments/create", {"name": name})["experiment_id"])

    def _request(self, method: str, path: str, **given: Any) -> requests.Response:
        address = self._address + path
        answer = self._session.request(method, address, timeout=TIMEOUT_S, **given)
        answer.raise_for_status()
        return answer


def _send(server: _Server, run: Run) -> tuple[str, str]:
    """Sends the run; MLflow's id of it, and where it keeps its files."""
    experiment = server.experiment(f"unfreeze/{run.dataset_name or run.base.dataset_id}")
    made = server.call(
        "runs/create",
        {
            "experiment_id": experiment,
            "run_name": run.id,
            "start_time": int(1000 * (run.status.started or run.created)),
            "tags": [{"key": "unfreeze.run", "value": run.id}],
        },
    )["run"]["info"]
    run_id, artifact_uri = str(made["run_id"]), str(made["artifact_uri"])
    parameters = list(_parameters("", config_to_dict(run.config)))
    for start in range(0, len(parameters), _PARAMETERS_A_CALL):
        part = parameters[start : start + _PARAMETERS_A_CALL]
        server.call("runs/log-batch", {"run_id": run_id, "params": part})
    metrics = list(_metrics(run))
    for start in range(0, len(metrics), _METRICS_A_CALL):
        part = metrics[start : start + _METRICS_A_CALL]
        server.call("runs/log-batch", {"run_id": run_id, "metrics": part})
    _send_files(server, artifact_uri, [run.path / name for name in ARTIFACTS])
    end = {"status": _ENDS[run.status.state], "end_time": int(1000 * time.time())}
    server.call("runs/update", {"run_id": run_id, **end})
    return run_id, artifact_uri


def _parameters(prefix: str, values: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _parameters(f"{prefix}{name}.", value)
        else:
            yield {"key": f"{prefix}{name}", "value": str(value)[:_LONGEST_VALUE]}


def _metrics(run: Run) -> Iterator[dict[str, Any]]:
    """Each epoch's numbers by its step, then the run's results."""
    now = int(1000 * (run.status.finished or time.time()))
    table = epoch_table(read_metrics(run.metrics_path))
    for row in table.to_dict("records"):
        for name, value in row.items():
            if name != "epoch" and value == value and value is not None:  # NaN is not itself
                step = int(row["epoch"])
                yield {"key": str(name), "value": float(value), "timestamp": now, "step": step}
    for name in ("test_accuracy", "best_epoch"):
        value = run.status.results.get(name)
        if value is not None:
            yield {"key": name, "value": float(value), "timestamp": now, "step": 0}


def _send_files(server: _Server, artifact_uri: str, files: Sequence[Path]) -> None:
    if not artifact_uri.startswith("mlflow-artifacts:"):
        _LOG.info("MLflow keeps artifacts at %s, which this app does not write to", artifact_uri)
        return
    root = urlsplit(artifact_uri).path.strip("/")
    for file in files:
        if file.is_file():
            server.upload(f"{root}/{file.name}", file)


def _shown(address: str) -> str:
    """Without a name and password that may stand in it."""
    return urlsplit(address).hostname or "?"
