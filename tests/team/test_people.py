"""Who somebody is: by address or domain, from what a provider or a proxy says."""

from dataclasses import replace

import pytest

from core.errors import NotAllowedError
from core.settings import Settings
from core.team.people import Role, person_of, role_of


@pytest.fixture
def roles(settings: Settings) -> Settings:
    return replace(
        settings,
        admins=("ada@example.org",),
        trainers=("@example.org", "guest@elsewhere.net"),
        viewers=("@elsewhere.net",),
    )


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("ada@example.org", Role.ADMIN),
        ("ADA@Example.org", Role.ADMIN),
        ("tom@example.org", Role.TRAINER),
        ("guest@elsewhere.net", Role.TRAINER),
        ("vera@elsewhere.net", Role.VIEWER),
        ("x@sub.example.org", None),
        ("x@notexample.org", None),
        ("x@example.org@evil.net", None),
        ("x@evil.net@example.org", None),
        ("example.org", None),
    ],
)
def test_the_highest_role_that_is_named(roles: Settings, email: str, role: Role | None) -> None:
    assert role_of(email, roles) == role


def test_anybody_else_is_what_the_default_says(roles: Settings) -> None:
    assert role_of("x@evil.net", replace(roles, default_role="viewer")) is Role.VIEWER
    assert role_of("x@evil.net", replace(roles, default_role="superuser")) is None


def test_a_person_is_known_by_the_folded_address(roles: Settings) -> None:
    person = person_of({"email": " Ada@Example.ORG ", "name": "Ada"}, roles)

    assert (person.email, person.name, person.role) == ("ada@example.org", "Ada", Role.ADMIN)
    assert person_of({"email": "tom@example.org"}, roles).name == "tom@example.org"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({}, "Nobody is signed in"),
        ({"email": ""}, "Nobody is signed in"),
        ({"email": "ada@example.org", "email_verified": False}, "not verified"),
        ({"email": "ada@example.org", "email_verified": "false"}, "not verified"),
        ({"email": "x@evil.net"}, "may not use this app"),
    ],
)
def test_others_are_refused(roles: Settings, claims: dict[str, object], words: str) -> None:
    with pytest.raises(NotAllowedError, match=words):
        person_of(claims, roles)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_ADMINS", "Ada@Example.org, @boss.example.org")
    monkeypatch.setenv("UNFREEZE_DEFAULT_ROLE", "Viewer")
    monkeypatch.setenv("UNFREEZE_DATABASE", "postgresql://u:topsecret@h/team")
    monkeypatch.setenv("UNFREEZE_LIMIT_RUNS_EACH", "7")

    settings = Settings.from_environment()

    assert settings.admins == ("ada@example.org", "@boss.example.org")
    assert (settings.default_role, settings.limit_runs_each) == ("viewer", 7)
    assert settings.database_url == "postgresql://u:topsecret@h/team"
    assert "topsecret" not in repr(settings)
