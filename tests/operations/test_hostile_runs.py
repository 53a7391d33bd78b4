"""Pages of runs show names, notes, people and errors as text, whatever is written in them."""

import io
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.files import read_json, write_json
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import new_mark
from core.runs.store import write_status
from core.settings import APP_ROOT, Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.people import Person, Role
from tests.evaluation.runs_on_disk import finished_pair
from tests.operations.hostile import NASTY, nasty_dataset, shown_as_markup
from tests.ui import runs

COLOUR = APP_ROOT / "tests" / "evaluation" / "data" / "colour.tflite"
PERSON = "tim@example.org"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_TRAINERS", PERSON)
    monkeypatch.delitem(sys.modules, "keras", raising=False)


@pytest.fixture
def nasty(settings: Settings, make_dataset: Callable[..., Dataset]) -> Dataset:
    return nasty_dataset(settings, make_dataset(4))


@pytest.fixture
def tuned(settings: Settings, nasty: Dataset) -> Run:
    """A finished run with all that people write about it, beside a failed one and a group."""
    pair = finished_pair(settings, nasty, before=(0, 1), after=(1, 2))
    for run in pair:
        record = read_json(run.path / "config.json")
        write_json(
            run.path / "config.json", {**record, "dataset_name": NASTY[0], "started_by": NASTY[1]}
        )
        write_json(run.path / "predict.json", {"class_names": NASTY[:3], "image_size": 8})
        write_json(run.account_path, runs.account(run.config))
        run.litert_path.write_bytes(COLOUR.read_bytes())
        run.model_path.write_bytes(b"of Keras")
        runs.write_epochs(run)
        write_status(run.path, replace(run.status, results=runs.RESULTS))
    store, base = RunStore(settings.runs_dir), pair[0].base
    failed = store.create(base, NASTY[0])
    error = {"what": NASTY[0], "way_out": NASTY[1], "details": NASTY[2]}
    write_status(failed.path, RunStatus(RunState.FAILED, "reading", finished=12.0, error=error))
    mark = new_mark("seeds", NASTY[4], pair[1].id)
    for seed in (1, 2):
        training = replace(base.training, seed=seed)
        store.create(replace(base, training=training), NASTY[0], group=mark)
    books = TeamBooks(TeamDatabase(Settings.from_environment().database_url))
    for place, run in enumerate((*pair, failed)):
        other = Person(f"{NASTY[place]}@example.org", NASTY[place], Role.ADMIN)
        team = Team(Settings.from_environment(), other, books, f"session {place}")
        team.facts.write_note(run.id, NASTY[3])
        team.facts.look("evaluate", pair[1].id)
    return pair[1]


def open_signed_in(page: str, run: Run, **state: bool) -> AppTest:
    app = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=100)
    app.user = {"is_logged_in": True, "email": PERSON, "name": NASTY[2]}
    if page:
        app.switch_page(page)
    app.query_params["dataset"], app.query_params["run"] = run.base.dataset_id, run.id
    app.run()
    for key in state:
        app.session_state[key] = True
    return app.run() if state else app


def check(page: AppTest) -> None:
    assert not page.exception
    assert shown_as_markup(page) == []


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("", ()),
        ("pages/2_Head.py", ()),
        ("pages/3_Fine_tune.py", ("movement",)),
        ("pages/4_Evaluate.py", ("scores", "reject")),
        ("pages/5_Predict.py", ("predict_many", "other_formats")),
        ("pages/6_Runs.py", ("activity", "disk_use")),
    ],
)
def test_a_page_shows_them_as_text(tuned: Run, path: str, opened: tuple[str, ...]) -> None:
    check(open_signed_in(path, tuned, **dict.fromkeys(opened, True)))


def test_a_failed_run_tells_its_error_as_text(tuned: Run, settings: Settings) -> None:
    (failed,) = [
        run for run in RunStore(settings.runs_dir).list() if run.status.state is RunState.FAILED
    ]
    check(open_signed_in("pages/2_Head.py", failed))


def test_an_image_opened_large_has_its_names_as_text(tuned: Run) -> None:
    page = open_signed_in("pages/4_Evaluate.py", tuned)
    keys = [b.key for b in page.button if (b.key or "").startswith("open_")]
    assert keys
    page.button(key=keys[0]).click().run()
    check(page)


@pytest.mark.parametrize("view", ["images", "issues", "split"])
def test_every_view_of_the_data_shows_them_as_text(tuned: Run, view: str) -> None:
    page = open_signed_in("pages/1_Data.py", tuned)
    page.segmented_control(key="data_view").set_value(view).run()
    check(page)
    large = [b for b in page.button if (b.key or "").startswith("large_")]
    assert bool(large) == (view == "images")
    if large:
        check(large[0].click().run())
        page.checkbox[0].check().run()
        page.selectbox(key="relabel_class").set_value(NASTY[3]).run()
        check(page.button(key="relabel").click().run())


def test_answers_and_errors_of_predict_are_text(tuned: Run) -> None:
    page = open_signed_in("pages/5_Predict.py", tuned)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    files = [(f"{name}.png", picture.getvalue(), "image/png") for name in NASTY]
    files += [(f"{name}.png", b"broken", "image/png") for name in NASTY]
    for some in (files[:1], files[-1:], files):
        page.file_uploader(key="predict_files").set_value(some).run()
        check(page)
