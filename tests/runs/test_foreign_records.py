"""Workspace files that nothing of the app wrote: passed over or told, and none hides another."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.config import HeadConfig, config_to_dict
from core.datasets import DatasetStore
from core.datasets.edits import edits_of
from core.errors import DatasetError, RunError
from core.files import parse_json
from core.jobs.job import read_job
from core.runs import RunState, RunStore
from core.runs.metrics_log import MetricsView, epoch_table, read_metrics

DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "1" + "0" * 400
CONFIG = {**config_to_dict(HeadConfig("data", "v1")), "created": 1.0, "dataset_name": "Pets"}
DATASET = {"name": "x", "version": "v", "class_names": ["a", "b"], "root": "images"}


def written(record: dict[str, Any], **raw: str) -> str:
    """A record as JSON, with values that no JSON writer would write."""
    text = json.dumps({**record, **dict.fromkeys(raw, "%")})
    for name, value in raw.items():
        text = text.replace(f'"{name}": "%"', f'"{name}": {value}')
    return text


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    made = RunStore(tmp_path / "runs")
    made.create(HeadConfig("data", "v1"), "Good")
    return made


def foreign(store: RunStore, text: str, name: str = "config.json") -> Path:
    folder = store.runs_dir / "foreign"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "raw",
    [
        {"extra": DEEP},
        {"created": HUGE},
        {"created": "NaN"},
        {"created": "-1e300"},
        {"created": "1e12"},
        {"dataset_name": '"\\ud800"'},
        {"image_size": HUGE},
    ],
)
def test_a_foreign_configuration_hides_no_other_run(store: RunStore, raw: dict[str, str]) -> None:
    foreign(store, written(CONFIG, **raw))

    assert [run.dataset_name for run in store.list()] == ["Good"]
    with pytest.raises(RunError, match="no readable run 'foreign'"):
        store.get("foreign")


@pytest.mark.parametrize("text", [DEEP, f'{{"order": {HUGE}}}', '{"order": NaN}', "[]"])
def test_an_order_that_is_none_is_not_kept(store: RunStore, text: str) -> None:
    foreign(store, text, "order.json")

    assert store.get("foreign").order == 1.0
    assert [run.dataset_name for run in store.queued()] == ["Pets", "Good"]


@pytest.mark.parametrize(
    "status",
    [
        DEEP,
        '{"state": "completed", "finished": 1e300}',
        written({"state": "completed"}, done=HUGE),
        '{"state": "completed", "results": {"test_accuracy": "much"}}',
        '{"state": "failed", "error": {"what": "\\ud83d"}}',
    ],
)
def test_a_status_that_cannot_be_shown_reads_as_failed(store: RunStore, status: str) -> None:
    foreign(store, status, "status.json")

    assert store.get("foreign").status.state is RunState.FAILED
    assert len(store.list()) == 2


def test_whole_characters_are_read_however_they_are_written() -> None:
    assert parse_json(b'{"a": "\\ud83d\\ude00 \\u043a", "b": -9223372036854775808}') == {
        "a": "\U0001f600 к",
        "b": -(1 << 63),
    }


@pytest.mark.parametrize("place", ["worker.log", "litert/model.tflite", "exports"])
def test_a_link_that_leads_out_of_a_run_is_never_followed(
    store: RunStore, tmp_path: Path, place: str
) -> None:
    folder = foreign(store, json.dumps(CONFIG))
    (tmp_path / "secret").write_text("secret")
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).symlink_to(tmp_path / "secret")

    with pytest.raises(RunError, match=rf"Run foreign holds '{place}'"):
        store.get("foreign")
    assert [run.dataset_name for run in store.list()] == ["Good"]


def test_a_link_within_a_run_is_a_file_of_it(store: RunStore) -> None:
    folder = foreign(store, json.dumps(CONFIG))
    (folder / "old.log").symlink_to("config.json")

    assert store.get("foreign").dataset_name == "Pets"


def test_a_pipe_is_not_waited_for(store: RunStore, tmp_path: Path) -> None:
    folder = foreign(store, json.dumps(CONFIG))
    os.mkfifo(folder / "metrics.jsonl")
    (tmp_path / "sets" / "pipe").mkdir(parents=True)
    os.mkfifo(tmp_path / "sets" / "pipe" / "dataset.json")

    with pytest.raises(RunError, match=r"Run foreign holds 'metrics\.jsonl'"):
        store.get("foreign")
    assert not DatasetStore(tmp_path / "sets").list()


def test_a_run_that_is_a_link_is_deleted_as_one(store: RunStore, tmp_path: Path) -> None:
    folder = foreign(store, '{"state": "completed"}', "status.json")
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)

    store.delete("foreign")

    assert not folder.exists() and (elsewhere / "config.json").exists()


@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        written(DATASET, created=HUGE),
        written(DATASET, created="Infinity"),
        written(DATASET, name='"\\udfff"'),
        json.dumps({**DATASET, "version": "/../../../other"}),
        json.dumps({**DATASET, "root": "a\0b"}),
    ],
)
def test_a_foreign_data_set_hides_no_other(tmp_path: Path, text: str) -> None:
    for name, content in (("foreign", text), ("good", json.dumps(DATASET))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dataset.json").write_text(content)

    assert [dataset.id for dataset in DatasetStore(tmp_path).list()] == ["good"]


def test_changes_that_nest_without_end_are_told(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(DATASET))
    (tmp_path / "set" / "edits.json").write_text(DEEP)

    with pytest.raises(DatasetError, match="The changes of x cannot be read: it is nested"):
        edits_of(DatasetStore(tmp_path).get("set"))


def test_a_job_that_nests_without_end_is_none(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(DEEP)

    assert read_job(tmp_path) is None


def test_rows_that_no_chart_could_draw_are_passed_over(tmp_path: Path) -> None:
    rows = [f'{{"event": "epoch", "epoch": {n}, "loss": {x}}}' for n, x in ((1, HUGE), (2, 0.5))]
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join([*rows, f'{{"event": "epoch", "epoch": {HUGE}}}', DEEP, ""]))

    table = epoch_table(read_metrics(path))

    assert table["epoch"].tolist() == [2]
    assert table[["loss", "val_loss"]].to_numpy(float)[0, 0] == 0.5
    assert MetricsView(path).read().epochs["epoch"].tolist() == [2]


def test_a_record_of_now_is_read(store: RunStore) -> None:
    foreign(store, written(CONFIG, created=str(time.time())))

    assert {run.dataset_name for run in store.list()} == {"Good", "Pets"}
