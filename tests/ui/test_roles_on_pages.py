"""What people of other roles see: buttons that say why not, private things, a lost database."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.runs import RunStore
from core.settings import APP_ROOT, Settings
from core.team.acting import TeamBooks
from core.team.database import TeamDatabase
from tests.ui import runs
from tests.ui.app import open_page, words


@pytest.fixture(autouse=True)
def roles(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_TRAINERS", "tom@example.org tina@example.org")
    monkeypatch.setenv("UNFREEZE_VIEWERS", "vera@example.org")


@pytest.fixture
def books(settings: Settings) -> TeamBooks:
    return TeamBooks(TeamDatabase(settings.database_url))


def open_as(person: str, page: str, **query: str) -> AppTest:
    app = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=100)
    app.user = {"is_logged_in": True, "email": f"{person}@example.org"}
    app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def test_a_viewer_reads_why_a_button_cannot_be_pressed(dataset: Dataset) -> None:
    head = open_as("vera", "pages/2_Head.py").button(key="train")
    data = open_as("vera", "pages/1_Data.py")
    trainer = open_as("tom", "pages/2_Head.py").button(key="train")

    assert (head.disabled, trainer.disabled) == (True, False)
    assert "Only a trainer may train" in head.help
    assert all(data.button(key=key).disabled for key in ("delete_dataset", "use_digits"))


def test_others_runs_cannot_be_stopped_by_their_buttons(
    dataset: Dataset, store: RunStore, books: TeamBooks
) -> None:
    run = runs.running(store, runs.head_config(dataset))
    books.owners.claim("run", [run.id], "tina@example.org")

    button = open_as("tom", "pages/6_Runs.py").button(key=f"stop_menu_{run.id}")

    assert button.disabled
    assert "tina@example.org" in button.help.replace("\\", "")
    assert not open_as("tina", "pages/6_Runs.py").button(key=f"stop_menu_{run.id}").disabled


@pytest.mark.parametrize(
    ("page", "name"),
    [("pages/2_Head.py", "run"), ("pages/5_Predict.py", "model"), ("pages/1_Data.py", "dataset")],
)
def test_a_link_to_something_private_says_so(
    page: str, name: str, dataset: Dataset, store: RunStore, books: TeamBooks
) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    books.owners.claim("dataset", [dataset.id], "tina@example.org")
    books.owners.share("dataset", dataset.id, private=True)
    thing = dataset.id if name == "dataset" else run.id

    shown = open_as("tom", page, **{name: thing})
    own = open_as("tina", page, **{name: thing})

    assert not shown.exception
    assert "is private" in shown.error[0].value
    assert "tina@example.org" in shown.error[0].value.replace("\\", "")
    assert name not in shown.query_params
    assert "squares" not in words(shown).lower()
    assert not any("private" in error.value for error in own.error)


def lose_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no.db").mkdir()
    monkeypatch.setenv("UNFREEZE_DATABASE", f"sqlite:///{tmp_path / 'no.db'}")


def test_where_people_sign_in_a_lost_database_shows_a_card(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_database(tmp_path, monkeypatch)

    page = open_as("tom", "pages/2_Head.py")

    assert not page.exception
    assert "cannot be used now" in page.error[0].value
    assert not page.button


def test_without_a_login_a_lost_database_hinders_no_run(
    dataset: Dataset, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_database(tmp_path, monkeypatch)

    page = open_page("pages/2_Head.py")
    page.button(key="train").click().run()

    assert not page.exception
    assert len(store.list()) == 1
    assert any("cannot be used now" in warning.value for warning in page.sidebar.warning)
