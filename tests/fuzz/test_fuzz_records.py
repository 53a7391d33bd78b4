"""What lies in a workspace's folders, written by another version, by hand or by nobody."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from core.config import HeadConfig, TrainingConfig, config_from_dict, config_to_dict
from core.datasets import DatasetStore
from core.datasets.edits import edits_of
from core.errors import UnfreezeError
from core.jobs.job import Job, read_job
from core.language import moment
from core.runs import RunStore
from core.runs.metrics_log import MetricsView, epoch_table, read_metrics
from tests.fuzz.inputs import damaged, scalars, values
from tests.fuzz.rounds import EXAMPLES, fuzz

CONFIG = config_to_dict(HeadConfig("data", "v1", "efficientnet_lite0", 96))
STATUS = {"state": "completed", "started": 1.0, "finished": 2.0, "results": {"test_accuracy": 0.5}}
DATASET = {"name": "x", "version": "v", "class_names": ["a", "b"], "root": "images"}
EPOCH = {"event": "epoch", "epoch": 1, "loss": 0.5, "val_accuracy": 0.5, "val_loss": 0.1}
BATCH = {"event": "batch", "epoch": 2, "batch": 1, "batches": 9, "loss": 0.5, "accuracy": 0.5}


@st.composite
def altered(draw: st.DrawFn, record: dict[str, Any]) -> Any:
    """A record with some of its values, or all of it, replaced by anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(values)
    changed = json.loads(json.dumps(record))
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=3)):
        if draw(st.booleans()):
            changed.pop(name, None)
        elif isinstance(changed.get(name), dict) and draw(st.booleans()):
            inner = changed[name]
            inner[draw(st.sampled_from(sorted(inner) or ["x"]))] = draw(values)
        else:
            changed[name] = draw(values)
    return changed


def config_target(record: Any, folder: Path) -> None:
    try:
        config = config_from_dict(record)
    except (KeyError, TypeError, ValueError):
        return
    assert config_from_dict(json.loads(json.dumps(config_to_dict(config)))) == config
    assert isinstance(config.training, TrainingConfig)


def run_target(records: tuple[Any, Any, Any], folder: Path) -> None:
    run_files(folder, *(json.dumps(record).encode() for record in records))


def run_files(folder: Path, *files: bytes) -> None:
    """Lists runs beside one with these `config.json`, `status.json` and `order.json`."""
    run = folder / "run"
    run.mkdir()
    for name, data in zip(("config.json", "status.json", "order.json"), files, strict=True):
        (run / name).write_bytes(data)
    store = RunStore(folder)
    listed = store.list(rate_tests=True)
    assert len(listed) <= 1
    store.queued()
    for seen in listed:
        assert seen.status.state
        seen.dataset_name.encode("utf-8")
        moment(seen.created)
        moment(seen.status.started or 0.0)


def dataset_target(records: tuple[Any, Any], folder: Path) -> None:
    dataset_files(folder, *(json.dumps(record).encode() for record in records))


def dataset_files(folder: Path, dataset_json: bytes, edits_json: bytes) -> None:
    """Lists data sets beside one with these files."""
    made = folder / "set"
    made.mkdir()
    (made / "dataset.json").write_bytes(dataset_json)
    (made / "edits.json").write_bytes(edits_json)
    store = DatasetStore(folder)
    for dataset in store.list():
        "".join(dataset.class_names).encode("utf-8")
        moment(dataset.created)
        assert made in (dataset.path / f"manifest-{dataset.version}.parquet").parents
        assert "/" not in dataset.version
        try:
            edits_of(dataset)
        except UnfreezeError as error:
            assert error.what


def job_target(record: Any, folder: Path) -> None:
    for name in ("job", "status", "process"):
        (folder / f"{name}.json").write_text(json.dumps(record))
    told(read_job(folder))


def earlier_target(record: Any, folder: Path) -> None:
    (folder / "task.json").write_text(json.dumps(record))
    told(read_job(folder))


def told(job: Job | None) -> None:
    assert job is None or (job.state and isinstance(job.kind.title, str))
    assert job is None or (isinstance(job.status.results, dict) and job.command)


def metrics_target(data: bytes, folder: Path) -> None:
    path = folder / "metrics.jsonl"
    path.write_bytes(data)
    epoch_table(read_metrics(path)).to_numpy(float)
    view = MetricsView(path, limit=2)
    seen = view.read()
    assert view.read().version == seen.version


def metrics() -> st.SearchStrategy[bytes]:
    """Rows with anything in them, and damaged files."""
    row = st.one_of(altered(EPOCH), altered(BATCH), st.dictionaries(st.text(), scalars, max_size=3))
    rows = st.lists(row.map(json.dumps), max_size=6).map(lambda r: ("\n".join(r) + "\n").encode())
    return st.one_of(rows, damaged(rows))


def test_configurations() -> None:
    assert fuzz("config", config_target, altered(CONFIG)) >= EXAMPLES


def test_runs() -> None:
    orders = altered({"order": 1.5})
    inputs = st.tuples(altered({**CONFIG, "created": 1.0}), altered(STATUS), orders)
    assert fuzz("run", run_target, inputs) >= EXAMPLES


def test_data_sets() -> None:
    edit = {"kind": "relabel", "paths": ["a.png"], "value": "b", "when": 1.0}
    edits = altered({"base": "v", "version": "v", "edits": [edit]})
    assert fuzz("dataset", dataset_target, st.tuples(altered(DATASET), edits)) >= EXAMPLES


def test_jobs() -> None:
    process = {"host": "h", "pid": 1, "started": 1}
    status = {"state": "running", "words": "x", "results": {}}
    asked = {"kind": {"module": "m", "title": "t"}, "arguments": ["a"], "created": 1.0}
    assert fuzz("job", job_target, altered({**process, **status, **asked})) >= EXAMPLES
    assert fuzz("task", earlier_target, altered(status)) >= EXAMPLES


def test_metrics() -> None:
    assert fuzz("metrics", metrics_target, metrics()) >= EXAMPLES
