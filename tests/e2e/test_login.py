"""Signing in, being kept out, and signing out, against a provider of our own on this machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.datasets.edits import Edit
from core.settings import Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.people import Person, Role
from tests.app_server import Server, free_port, running_app
from tests.e2e.conftest import PATIENCE_MS
from tests.squares import squares

pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")
from tests.e2e.provider import provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
ROLES = {
    "UNFREEZE_ADMINS": "ann@example.org",
    "UNFREEZE_TRAINERS": "tim@example.org",
    "UNFREEZE_VIEWERS": "vera@example.org",
    "UNFREEZE_QUEUE": "off",
}


@contextmanager
def app_with_login(workspace: Path, metadata: str, **environment: str) -> Iterator[Server]:
    """The app with a secrets file of its own that names a provider."""
    port = free_port()
    secrets = workspace / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "a secret for tests alone, long enough"
client_id = "unfreeze"
client_secret = "not asked for"
server_metadata_url = "{metadata}"
"""
    )
    option = f"--secrets.files={secrets}"
    with running_app(workspace, option, port=port, **{**ROLES, **environment}) as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app and a provider that knows five people."""
    with ExitStack() as stack:
        metadata = stack.enter_context(provider())
        workspace = tmp_path_factory.mktemp("login")
        squares(Settings(workspace))
        yield stack.enter_context(app_with_login(workspace, metadata))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that nobody has used before."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def sign_in(page: Page, person: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=person, exact=True).click()


def expect_words(page: Page, words: str) -> None:
    expect(page.get_by_text(words).first).to_be_visible()


@pytest.mark.parametrize("path", ["", "Data", "Predict", "Runs?run=anything"])
def test_a_stranger_sees_the_sign_in_card_alone(app: Server, page: Page, path: str) -> None:
    page.goto(f"{app.url}/{path}")

    expect_words(page, "Images, runs and models are seen by the team alone.")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.get_by_role("button").count() == 1
    assert page.get_by_test_id("stSidebar").count() == 0


def test_who_has_a_role_gets_in_and_out_again(app: Server, page: Page) -> None:
    page.goto(app.url)
    sign_in(page, "ann")

    expect_words(page, "The steps")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Ann", exact=False).first).to_be_visible()

    sidebar.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect_words(page, "Images, runs and models are seen by the team alone.")
    page.goto(f"{app.url}/Runs")
    expect_words(page, "Images, runs and models are seen by the team alone.")


@pytest.mark.parametrize(("person", "role"), [("vera", "viewer"), ("tim", "trainer")])
def test_a_viewer_cannot_train_and_a_trainer_can(
    app: Server, page: Page, person: str, role: str
) -> None:
    page.goto(app.url)
    sign_in(page, person)
    expect_words(page, "The steps")
    page.goto(f"{app.url}/Head")

    train = page.get_by_role("button", name="Train head")
    expect(train).to_be_visible()
    expect(train).to_be_disabled() if role == "viewer" else expect(train).to_be_enabled()
    expect(page.get_by_test_id("stSidebar").get_by_text(role)).to_be_visible()


def test_a_second_person_is_told_and_sees_the_first_ones_edits_come_in(
    app: Server, page: Page
) -> None:
    settings = Settings(app.workspace)
    books = TeamBooks(TeamDatabase(settings.database_url))
    ann = Team(settings, Person("ann@example.org", "Ann", Role.ADMIN), books, "anns")
    page.goto(app.url)
    sign_in(page, "tim")
    expect_words(page, "The steps")
    page.goto(f"{app.url}/Data")
    expect_words(page, "Images by class and split")

    dataset = ann.seen_datasets.list()[0]
    ann.data.edit(dataset, Edit("exclude", (str(dataset.manifest()["path"].iloc[0]),)))

    expect_words(page, "1 change.")
    expect_words(page, "is changing this data set and began")


# Read by Python when it starts: lets a test change the server's environment while it runs.
OPERATOR = """import os, pathlib, threading, time
def follow(path=pathlib.Path(__file__).with_name("trainers")):
    while True:
        time.sleep(0.2)
        if path.exists():
            os.environ["UNFREEZE_TRAINERS"] = path.read_text()
threading.Thread(target=follow, daemon=True).start()
"""


def test_who_loses_their_role_sees_so_on_the_page_that_is_open(page: Page, tmp_path: Path) -> None:
    squares(Settings(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(OPERATOR)
    with (
        provider() as metadata,
        app_with_login(tmp_path, metadata, PYTHONPATH=str(tmp_path)) as server,
    ):
        page.goto(f"{server.url}/Data")
        sign_in(page, "tim")
        expect_words(page, "The steps")
        page.goto(f"{server.url}/Data")
        expect_words(page, "Images by class and split")

        (tmp_path / "trainers").write_text("somebody.else@example.org")

        expect_words(page, "may not use this app")
        expect(page.get_by_text("Images by class and split")).to_be_hidden()
        expect(page.get_by_test_id("stSidebar")).to_be_hidden()


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("eve", "may not use this app"),
        ("una", "is not verified"),
    ],
)
def test_who_has_no_role_is_told_so(app: Server, page: Page, person: str, words: str) -> None:
    page.goto(f"{app.url}/Data")
    sign_in(page, person)

    expect_words(page, words)
    assert page.get_by_test_id("stSidebar").count() == 0
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_giving_up_at_the_provider_leads_back(app: Server, page: Page) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Deny").click()

    expect_words(page, "That did not work")


@pytest.mark.parametrize(
    ("age", "issuer", "reason"),
    [
        (timedelta(hours=1), "http://localhost:1/another", "iss"),
        (timedelta(hours=-1), None, "expired"),
    ],
    ids=["wrong issuer", "expired token"],
)
def test_a_token_that_cannot_be_trusted_lets_nobody_in(
    page: Page, tmp_path: Path, age: timedelta, issuer: str | None, reason: str
) -> None:
    with provider(age, issuer) as metadata, app_with_login(tmp_path, metadata) as server:
        page.goto(server.url)
        sign_in(page, "ann")

        expect_words(page, "That did not work")
        assert page.get_by_test_id("stSidebar").count() == 0
    assert reason in (tmp_path / "server.log").read_text()
