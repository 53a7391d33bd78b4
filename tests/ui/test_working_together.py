"""Two people on the same pages: notes, pins, private runs, the feed, presence, the label lock."""

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.language import moment
from core.runs import RunStore
from core.settings import APP_ROOT, Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.audit import Deed
from core.team.database import TeamDatabase
from core.team.owners import Kind
from core.team.people import Person, Role
from core.team.presence import Present
from core.ui.moments import ago
from core.ui.runs.pins import pinned_first
from core.ui.team import presence
from core.ui.team.activity import deed_words
from core.ui.team.presence import here_words
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui import runs
from tests.ui.app import words

TIM = Person("tim@example.org", "Tim", Role.TRAINER)


@pytest.fixture(autouse=True)
def roles(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_ADMINS", "ann@example.org")
    monkeypatch.setenv("UNFREEZE_TRAINERS", "tim@example.org")
    monkeypatch.setenv("UNFREEZE_VIEWERS", "vera@example.org")


@pytest.fixture
def tim(settings: Settings) -> Team:
    """Tim's hand on the installation, in a session of his own."""
    return Team(
        Settings.from_environment(), TIM, TeamBooks(TeamDatabase(settings.database_url)), "tims"
    )


def open_as(person: str, page: str = "", **query: str) -> AppTest:
    app = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=100)
    app.user = {"is_logged_in": True, "email": f"{person}@example.org", "name": person.title()}
    if page:
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def test_a_note_is_read_by_others_as_text(dataset: Dataset, store: RunStore, tim: Team) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    tim.facts.write_note(run.id, "Too **bright** <b>images</b>")

    app = open_as("vera", "pages/2_Head.py", run=run.id)

    assert "Too \\*\\*bright\\*\\* \\<b\\>images" in "".join(m.value for m in app.markdown)
    assert "Only a trainer may write notes" in words(app)
    assert not app.text_area


def test_a_trainer_writes_a_note_and_pins_the_run(dataset: Dataset, store: RunStore) -> None:
    first = runs.finished(store, runs.head_config(dataset))
    second = runs.finished(store, runs.head_config(dataset))
    app = open_as("tim", "pages/2_Head.py", run=first.id)

    app.text_area(key="note_text").set_value("Keep this one")
    next(b for b in app.button if b.label == "Add").click().run()
    assert "Keep this one" in words(app)
    app.button(key="pin").click().run()
    assert app.button(key="pin").label == "Unpin"

    table = open_as("vera", "pages/6_Runs.py")
    opened = [b.key for b in table.button if (b.key or "").startswith("open_")]
    assert opened == [f"open_{first.id}", f"open_{second.id}"]


def test_evaluate_has_notes_pin_and_who_is_here_of_the_judged_run(
    settings: Settings, make_dataset: Callable[..., Dataset], tim: Team
) -> None:
    squares = make_dataset(classes=3, per_class=50)
    head, tuned = finished_pair(settings, squares, before=range(12), after=range(1))
    tim.facts.write_note(tuned.id, "Keep this one")
    tim.facts.write_note(head.id, "Only a head")
    tim.facts.look("evaluate", tuned.id)

    app = open_as("ann", "pages/4_Evaluate.py", run=tuned.id)
    said = words(app)
    app.button(key="pin").click().run()

    assert not app.exception
    assert "Keep this one" in said
    assert "Only a head" not in said
    assert "Also here: Tim" in said
    assert tim.facts.pinned() == [tuned.id]


def test_a_private_run_is_hidden_from_others(dataset: Dataset, store: RunStore, tim: Team) -> None:
    run = tim.runs.start(runs.head_config(dataset), dataset)
    app = open_as("tim", "pages/2_Head.py", run=run.id)
    app.toggle(key=f"private_run_{run.id}_False").set_value(True).run()

    seen = {p: words(open_as(p, "pages/6_Runs.py")) for p in ("ann", "tim", "vera")}

    assert ["lock" in seen[p] for p in ("ann", "tim", "vera")] == [True, True, False]
    assert "Nothing was trained yet" in seen["vera"]
    assert f"private_run_{run.id}_True" not in [
        toggle.key for toggle in open_as("vera", "pages/2_Head.py", run=run.id).toggle
    ]


def test_a_place_in_the_queue_counts_runs_that_are_hidden(
    settings: Settings, dataset: Dataset, store: RunStore, tim: Team
) -> None:
    hidden = tim.runs.start(runs.head_config(dataset), dataset)
    TeamBooks(TeamDatabase(settings.database_url)).owners.share("run", hidden.id, private=True)
    waits = store.create(runs.head_config(dataset), "Cats")

    live = open_as("vera", "pages/2_Head.py", run=waits.id)
    table = open_as("vera", "pages/6_Runs.py")

    assert live.main.get("progress")[0].proto.text == "Waiting in the queue, 1 before it"
    assert "queued, number 2" in words(table)
    assert [b.key for b in table.button if (b.key or "").startswith("open_")] == [
        f"open_{waits.id}"
    ]


@pytest.mark.parametrize("kind", ["run", "dataset"])
def test_what_becomes_private_ends_on_the_pages_that_others_have_open(
    kind: Kind, dataset: Dataset, tim: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RerunError(Exception):
        pass

    def rerun() -> None:
        raise RerunError

    run = tim.runs.start(runs.head_config(dataset), dataset)
    tim.facts._books.owners.claim("dataset", [dataset.id], TIM.email)
    vera = Person("vera@example.org", "Vera", Role.VIEWER)
    hers = Team(Settings.from_environment(), vera, tim.facts._books, "veras")
    monkeypatch.setattr(presence.st, "rerun", rerun)
    monkeypatch.setattr(presence.session, "team", lambda: hers)

    presence._look("head", run.id)
    tim.facts.share(kind, run.id if kind == "run" else dataset.id, private=True)
    with pytest.raises(RerunError):
        presence._look("head", run.id)
    monkeypatch.setattr(presence.session, "team", lambda: tim)
    presence._look("head", run.id)


def test_who_is_here_is_named(dataset: Dataset, store: RunStore, tim: Team) -> None:
    run = runs.finished(store, runs.head_config(dataset))
    tim.facts.look("head", run.id)

    assert "Also here: Tim" in words(open_as("ann", "pages/2_Head.py", run=run.id))


def test_the_feed_and_administration_are_read_once_open(dataset: Dataset, tim: Team) -> None:
    tim.runs.start(runs.head_config(dataset), dataset)
    app = open_as("ann", "pages/6_Runs.py")
    assert "started a run" not in words(app)

    # AppTest cannot open an expander, but its state is a widget's.
    for key in ("activity", "administration"):
        app.session_state[key] = True
    app.run()

    assert "**tim@example.org** started a run on Squares" in words(app).replace("\\", "")
    assert "**Limits**" in words(app)
    assert "UNFREEZE_LIMIT_RUNS_EACH" in app.dataframe[-1].value.iloc[:, 0].tolist()
    assert "Administration" not in [e.label for e in open_as("tim", "pages/6_Runs.py").expander]


@pytest.mark.parametrize(
    ("action", "details", "said"),
    [
        ("share", {"private": True}, "made Cats private"),
        ("share", {"private": False}, "shared Cats with the team"),
        ("pin_run", {"pinned": False}, "unpinned a run on Cats"),
        ("a_later_invention", {}, "did something to Cats"),
    ],
)
def test_every_deed_has_words(action: str, details: dict, said: str) -> None:
    deed = Deed(1, 0.0, "", action, "dataset", "cats-1", details)

    assert deed_words(deed, {"cats-1": "Cats"}) == f"**Somebody** {said}"


def test_those_who_are_here_are_named_once_and_the_nameless_counted() -> None:
    def there(session: str, name: str) -> Present:
        return Present(session, name.lower(), name, "head", "run", 0.0)

    assert here_words([]) == ""
    assert here_words([there("1", "Ann"), there("2", "Ann"), there("3", "Tim")]) == (
        "Also here: Ann, Tim"
    )
    nameless = [Present(str(n), who, "", "head", "run", 0.0) for n, who in enumerate("abb")]
    assert here_words(nameless) == "Also here: 2 other people"


@pytest.mark.parametrize(
    ("seconds", "said"), [(20, "just now"), (61, "1 min ago"), (7300, "2 h ago")]
)
def test_moments_are_told_as_people_do(seconds: float, said: str) -> None:
    assert ago(1000.0, 1000.0 + seconds) == said


def test_a_moment_of_long_ago_is_dated_as_the_runs_page_dates_it() -> None:
    last_week, last_year = time.time() - 7 * 86400, time.time() - 400 * 86400

    assert [ago(last_week), ago(last_year)] == [moment(last_week), moment(last_year)]
    year = time.strftime("%Y", time.localtime(last_year))
    assert year in moment(last_year)
    assert time.strftime(" %Y,") not in moment(time.time())


def test_pinned_runs_come_first_the_last_pinned_before_the_others(
    dataset: Dataset, store: RunStore
) -> None:
    first, second, third = (store.create(runs.head_config(dataset), "S") for _ in range(3))

    ordered = pinned_first([first, second, third], [third.id, second.id])

    assert [run.id for run in ordered] == [third.id, second.id, first.id]
