"""The team's database of both kinds, and people of every role."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.settings import Settings
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.people import ANYBODY, Person, Role
from tests.alive import be_patient

VERA = Person("vera@example.org", "Vera", Role.VIEWER)
TOM = Person("tom@example.org", "Tom", Role.TRAINER)
TINA = Person("tina@example.org", "Tina", Role.TRAINER)
ADA = Person("ada@example.org", "Ada", Role.ADMIN)
PEOPLE = {"viewer": VERA, "trainer": TOM, "owner": TINA, "admin": ADA, "anybody": ANYBODY}
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test rests on how fast its machine is."""
    be_patient(monkeypatch)


@pytest.fixture
def books(settings: Settings) -> Iterator[TeamBooks]:
    """The team's database in the test's workspace."""
    database = TeamDatabase(settings.database_url)
    yield TeamBooks(database)
    database.close()


@pytest.fixture
def as_person(settings: Settings, books: TeamBooks) -> Callable[..., Team]:
    """Makes somebody's hand on the test's workspace, with other limits where they are given."""

    def make(person: Person, session: str = "session", **limits: int) -> Team:
        return Team(replace(settings, **limits), person, books, session)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of this test run's own, on a socket in a folder of its own."""
    if not _PROGRAMS:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="unfreeze-pg-"))
    user = None
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        shutil.chown(folder, user)
    data = folder / "data"
    common = {"user": user, "cwd": folder, "capture_output": True, "check": True}
    initdb = [_PROGRAMS[-1] / "initdb", "-D", data, "-U", "unfreeze", "-A", "trust", "--no-sync"]
    subprocess.run([*initdb, "-E", "UTF8", "--locale=C"], **common)  # type: ignore[call-overload]
    options = f"-F -k {folder} -c listen_addresses='' -c max_connections=30"
    control = [_PROGRAMS[-1] / "pg_ctl", "-D", data, "-w", "-t", "240"]
    log = ["-l", folder / "log", "-o", options]
    subprocess.run([*control, *log, "start"], **{**common, "capture_output": False})  # type: ignore[call-overload]
    yield f"postgresql+psycopg://unfreeze@/postgres?host={folder}"
    subprocess.run([*control, "-m", "immediate", "stop"], **common)  # type: ignore[call-overload]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'team.db'}"
    server: str = request.getfixturevalue("postgres")
    name = f"t{abs(hash(str(tmp_path))):x}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    # As an operator writes it: without the driver.
    return server.replace("+psycopg", "").replace("/postgres?", f"/{name}?")
