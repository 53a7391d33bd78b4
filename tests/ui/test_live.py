"""The live view in every state of a run, and the chart that keeps its place on the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from plotly import graph_objects as go
from streamlit.testing.v1 import AppTest

from core.charts import learning_curve
from core.charts.learning_curve import CurvePart
from core.datasets import Dataset
from core.runs import RunState, RunStatus, RunStore
from core.runs.metrics_log import MetricsWriter
from core.runs.store import write_status
from core.ui.runs import live, live_chart
from tests.patience import wait_until
from tests.ui import runs
from tests.ui.app import open_page, words

HEAD, FINE_TUNE = "pages/2_Head.py", "pages/3_Fine_tune.py"


def bar(page: AppTest) -> str:
    return str(page.main.get("progress")[0].proto.text).replace("\\", "")


def curve(page: AppTest) -> dict[str, Any]:
    *_, chart = page.main.get("bidi_component")  # on Fine-tune, the block map comes first
    figure: dict[str, Any] = json.loads(json.loads(chart.proto.json)["figure"])
    return figure


def names(figure: dict[str, Any]) -> list[str]:
    return [trace["name"] for trace in figure["data"]]


def test_a_queued_run_says_its_place(dataset: Dataset, store: RunStore) -> None:
    store.create(runs.head_config(dataset))
    second = store.create(runs.head_config(dataset))
    page = open_page(HEAD, run=second.id)

    assert not page.exception
    assert bar(page) == "Waiting in the queue, 1 before it"
    assert not page.main.get("bidi_component")


def test_the_whole_page_is_drawn_anew_when_its_run_begins(
    dataset: Dataset, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RerunError(Exception):
        pass

    def rerun() -> None:
        raise RerunError

    monkeypatch.setattr(live.st, "rerun", rerun)
    run = runs.running(store, runs.head_config(dataset))

    live._view(run.id, RunState.RUNNING)
    with pytest.raises(RerunError):
        live._view(run.id, RunState.QUEUED)


def test_every_phase_has_words_and_the_bar_never_falls(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    shares = []
    for phase in live.PHASES:
        for done in (0, 5, 10):
            write_status(run.path, RunStatus(RunState.RUNNING, phase, done, 10, "images"))
            now = store.get(run.id)
            shares.append(live.progress_share(now))
            assert live.progress_words(now).split("\\")[0] not in live.PHASES

    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1.0)


def test_training_tells_epoch_batch_speed_and_time(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    writer = MetricsWriter(run.metrics_path)
    writer.write(event="batch", epoch=3, batch=2, batches=3, loss=0.5, accuracy=0.7)
    writer.close()
    page = open_page(HEAD)

    assert bar(page) == "Epoch 3 of 3, batch 2 of 3 · 18 images/s · about 48 s left"
    assert names(curve(page)).count("running batch") == 2


def test_the_chart_keeps_its_key_and_zoom_while_it_grows(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    page = open_page(HEAD)
    before = page.main.get("bidi_component")[0].proto.id, curve(page)
    writer = MetricsWriter(run.metrics_path)
    writer.write(event="batch", epoch=3, batch=1, batches=3, loss=0.5, accuracy=0.7)
    writer.close()
    page.run()
    after = page.main.get("bidi_component")[0].proto.id, curve(page)

    assert before[0] == after[0]
    assert before[1]["layout"]["uirevision"] == after[1]["layout"]["uirevision"]
    assert len(after[1]["data"]) > len(before[1]["data"])


def test_all_that_watch_a_run_share_one_chart_a_version(
    dataset: Dataset, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def figure(parts: list[CurvePart]) -> go.Figure:
        drawn.append(parts)
        return learning_curve.figure(parts)

    monkeypatch.setattr(live, "figure", figure)
    run = runs.running(store, runs.head_config(dataset))
    first, second = open_page(HEAD), open_page(HEAD)
    assert curve(first) == curve(second)
    assert len(drawn) == 1

    writer = MetricsWriter(run.metrics_path)
    writer.write(event="batch", epoch=3, batch=1, batches=3, loss=0.5, accuracy=0.7)
    writer.close()
    # Where two look, a chart may be some tenths of a second old.
    assert wait_until(lambda: first.run() and len(drawn) == 2)
    assert curve(first) == curve(second.run())
    assert len(drawn) == 2


def test_nobody_gets_a_chart_in_anothers_language(dataset: Dataset, store: RunStore) -> None:
    runs.running(store, runs.head_config(dataset))
    english, russian = open_page(HEAD), open_page(HEAD, lang="ru")

    assert "training" in names(curve(english))
    assert "training" not in names(curve(russian))


def test_the_chart_holds_no_head_run_that_its_reader_may_not_see(
    dataset: Dataset, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    run = runs.running(store, runs.fine_tune_config(head))
    both = live._drawn(run)
    monkeypatch.setattr(live, "_on_curve", lambda run: [run])
    alone = live._drawn(run)

    assert both is not None
    assert alone is not None
    assert "head, validation" in both[0]
    assert "head, validation" not in alone[0]


def test_fine_tuning_goes_on_from_the_heads_curve(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    runs.running(store, runs.fine_tune_config(head))
    page = open_page(FINE_TUNE)

    assert not page.exception
    assert {"head, validation", "fine-tuning, validation"} <= set(names(curve(page)))


def test_fine_tuning_without_its_head_begins_the_curve(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    run = runs.finished(store, runs.fine_tune_config(head))
    store.delete(head.id)

    assert [part.title for part in live.curve_parts(store.get(run.id))] == ["fine-tuning"]


def test_stop_is_asked_for_once(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    page = open_page(HEAD)
    page.button(key=f"stop_{run.id}").click().run()

    assert run.stop_path.exists()
    assert page.button(key=f"stop_{run.id}").disabled
    assert bar(page) == "Stopping after this batch"


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({"best_epoch": 2, "epochs_done": 3}, "The model of epoch 2, the best, was kept"),
        ({}, "there is no model"),
    ],
)
def test_a_stopped_run_says_what_was_kept(
    dataset: Dataset, store: RunStore, results: dict[str, int], said: str
) -> None:
    run = runs.running(store, runs.head_config(dataset))
    write_status(run.path, RunStatus(RunState.STOPPED, finished=2.0, results=results))
    page = open_page(HEAD)

    assert not page.exception
    assert said in page.info[0].value
    assert not page.main.get("progress")


def test_a_finished_run_keeps_its_chart_without_stop(dataset: Dataset, store: RunStore) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    page = open_page(HEAD)

    assert "best" in names(curve(page))
    assert f"stop_{run.id}" not in {button.key for button in page.button}
    assert not page.main.get("progress")


def test_a_failed_run_folds_its_details(dataset: Dataset, store: RunStore) -> None:
    runs.failed(store, runs.head_config(dataset))
    page = open_page(HEAD)

    assert "Traceback: secret details" in page.code[0].value
    assert "Traceback" not in words(page)


def test_plotly_comes_from_the_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_chart, "APP_ROOT", tmp_path)

    assert live_chart.prepare_plotly_js()
    assert (tmp_path / "static" / "plotly.min.js").stat().st_size > 1_000_000


def test_where_nothing_can_be_written_there_is_a_plain_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset, store: RunStore
) -> None:
    (tmp_path / "static").write_text("a file where the folder should be")
    monkeypatch.setattr(live_chart, "APP_ROOT", tmp_path)
    runs.finished(store, runs.head_config(dataset))
    page = open_page(HEAD)

    assert not page.exception
    assert not page.main.get("bidi_component")
    assert len(page.get("plotly_chart")) == 2  # the curve and the block map
