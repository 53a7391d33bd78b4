"""The team's database, on SQLite and on PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import TeamError
from core.team.acting import TeamBooks
from core.team.database import TeamDatabase
from core.team.owners import NOBODYS, Owned
from core.team.schema import UPGRADES
from core.team.tables import AuditRow, LabelLockRow, PredictionsRow


@pytest.fixture
def database(url: str) -> Iterator[TeamDatabase]:
    made = TeamDatabase(url)
    yield made
    made.close()


def test_owners_are_kept_and_the_first_stays(database: TeamDatabase) -> None:
    owners = TeamBooks(database).owners
    owners.claim("run", ["a", "b"], "tina@example.org")
    owners.claim("run", ["a"], "tom@example.org")
    owners.share("run", "b", private=True)

    elsewhere = TeamBooks(TeamDatabase(database._text)).owners

    assert (
        elsewhere.all()
        == owners.all()
        == {
            ("run", "a"): Owned("tina@example.org"),
            ("run", "b"): Owned("tina@example.org", private=True),
        }
    )
    owners.forget("run", "a")
    assert owners.of("run", "a") == NOBODYS


def test_the_record_turns_pages_and_tells_of_one_thing(database: TeamDatabase) -> None:
    audit = TeamBooks(database).audit
    for number in range(5):
        audit.write("tom@example.org", "start_run", "run", f"r{number}", epochs=number, name="Näme")

    newest = audit.read(most=2)
    older = audit.read(most=10, before=newest[-1].id)

    assert [deed.thing for deed in newest + older] == ["r4", "r3", "r2", "r1", "r0"]
    assert audit.read(thing="r3")[0].details == {"epochs": 3, "name": "Näme"}
    assert abs(audit.read()[0].moment - time.time()) < 60


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit WHERE id > 0"]
)
def test_the_record_cannot_be_changed(database: TeamDatabase, statement: str) -> None:
    books = TeamBooks(database)
    books.audit.write("tom@example.org", "delete_run", "run", "r")

    with pytest.raises((TeamError, DBAPIError)), database.writing() as session:
        session.execute(text(statement))

    fresh = TeamBooks(TeamDatabase(database._text))
    assert [deed.who for deed in fresh.audit.read()] == ["tom@example.org"]


def test_notes_and_pins(database: TeamDatabase) -> None:
    notes = TeamBooks(database).notes
    notes.write("r", "tom@example.org", "first <b>")
    notes.write("r", "tina@example.org", "second")
    notes.write("other", "tina@example.org", "third")
    notes.pin("r", "tom@example.org")
    notes.pin("other", "tom@example.org")
    notes.unpin("r")

    assert [note.text for note in notes.of("r")] == ["first <b>", "second"]
    assert (notes.counts(), notes.pinned()) == ({"r": 2, "other": 1}, ["other"])
    notes.delete(notes.of("r")[0].id)
    notes.forget("other")
    assert (notes.counts(), notes.pinned()) == ({"r": 1}, [])


def test_a_label_lock_is_one_persons_until_it_runs_out(database: TeamDatabase) -> None:
    book = TeamBooks(database).presence

    mine = book.lock("d", "tina@example.org", "Tina")
    theirs = book.lock("d", "tom@example.org", "Tom")

    assert (mine.holder, theirs.holder, theirs.name) == ("tina@example.org",) * 2 + ("Tina",)
    again = book.lock("d", "tina@example.org", "Tina")
    assert (again.since, again.until > mine.until) == (mine.since, True)
    with database.writing() as session:
        session.get_one(LabelLockRow, "d").until = time.time() - 1
    assert book.lock_of("d") is None
    assert book.lock("d", "tom@example.org", "Tom").holder == "tom@example.org"
    book.unlock("d", "tina@example.org")  # not hers any more
    assert book.lock_of("d") is not None


def test_who_looks_is_there_until_not_heard_of(
    database: TeamDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = TeamBooks(database).presence
    book.seen("s1", "tom@example.org", "Tom", "head", "r")
    book.seen("s2", "tina@example.org", "Tina", "evaluate", "r")
    book.seen("s1", "tom@example.org", "Tom", "data", "d")

    assert [(p.name, p.page) for p in book.there("r")] == [("Tina", "evaluate")]
    assert [p.name for p in book.there()] == ["Tina", "Tom"]
    monkeypatch.setattr("core.team.presence.GONE_SECONDS", -1.0)
    assert book.there() == []


def test_predictions_are_counted_by_minute(database: TeamDatabase) -> None:
    rates = TeamBooks(database).rates
    with database.writing() as session:
        session.add(PredictionsRow(who="tom", minute=1, images=1000))
    rates.add("tom", 3)
    rates.add("tina", 4)

    # A minute may end in between.
    assert rates.this_minute() in (0, 4, 7)
    with database.reading() as session:
        counted = session.execute(text("SELECT who, images FROM predictions ORDER BY images"))
        assert [tuple(row) for row in counted] == [("tom", 3), ("tina", 4)]


def test_two_writers_wait_for_each_other(database: TeamDatabase) -> None:
    books = TeamBooks(database)
    other = TeamBooks(TeamDatabase(database._text))
    books.audit.read()  # the tables are there
    failed: list[Exception] = []

    def write(which: TeamBooks) -> None:
        try:
            for number in range(15):
                which.audit.write("x", "start_run", "run", str(number))
                which.owners.claim("run", [str(number)], "x")
        except TeamError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(b,)) for b in (books, other) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert (len(books.audit.read(most=100)), len(books.owners.all())) == (60, 15)


def test_servers_that_start_at_once_make_the_tables_once(url: str) -> None:
    failed: list[Exception] = []

    def open_it() -> None:
        try:
            TeamBooks(TeamDatabase(url)).audit.write("x", "start_run")
        except TeamError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert len(TeamBooks(TeamDatabase(url)).audit.read()) == 4


def test_an_older_database_is_upgraded_once_and_a_newer_one_is_refused(url: str) -> None:
    TeamBooks(TeamDatabase(url)).audit.write("tom", "start_run", "run", "r")

    def more(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE pins ADD COLUMN colour VARCHAR(16)"))

    newest = len(UPGRADES) + 2
    for _ in range(2):  # the second time there is nothing to do
        upgraded = TeamDatabase(url, (*UPGRADES, more))
        with upgraded.reading() as session:
            assert session.execute(text("SELECT colour FROM pins")).all() == []
            assert session.scalar(text("SELECT version FROM schema_version")) == newest
            assert session.query(AuditRow).count() == 1
    with pytest.raises(TeamError, match=f"of version {newest}; this program knows {newest - 1}"):
        TeamBooks(TeamDatabase(url)).audit.read()


def test_the_first_versions_locks_are_left_behind(url: str) -> None:
    first = TeamDatabase(url)
    TeamBooks(first).presence.lock("d", "tina@example.org", "Tina")
    with first.writing() as session:
        session.execute(text("ALTER TABLE label_locks DROP COLUMN since"))
        session.execute(text("UPDATE schema_version SET version = 1"))

    book = TeamBooks(TeamDatabase(url)).presence

    assert book.lock_of("d") is None
    assert abs(book.lock("d", "tom@example.org", "Tom").since - time.time()) < 60


def test_an_upgrade_that_fails_leaves_the_older_database(url: str) -> None:
    TeamBooks(TeamDatabase(url)).audit.write("tom", "start_run", "run", "r")

    def half(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE pins ADD COLUMN colour VARCHAR(16)"))
        connection.execute(text("ALTER TABLE there_is_no_such_table ADD COLUMN a INTEGER"))

    with pytest.raises(TeamError):
        TeamBooks(TeamDatabase(url, (*UPGRADES, half))).audit.read()

    with TeamDatabase(url).reading() as session:
        assert session.scalar(text("SELECT version FROM schema_version")) == len(UPGRADES) + 1
    with pytest.raises((TeamError, DBAPIError)), TeamDatabase(url).reading() as session:
        session.execute(text("SELECT colour FROM pins"))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://someone:topsecret@127.0.0.1:1/team",
        "sqlite:////proc/no/such/place/team.db",
        "no address at all",
        "cobol://x",
    ],
)
def test_one_that_cannot_be_reached_says_so_without_its_password(address: str) -> None:
    pytest.importorskip("psycopg")
    database = TeamDatabase(address)

    with pytest.raises(TeamError) as told:
        TeamBooks(database).owners.all()

    assert "topsecret" not in str(told.value)
    assert "UNFREEZE_DATABASE" in str(told.value)


def test_what_was_known_of_owners_stays_known_without_the_database(tmp_path: Path) -> None:
    database = TeamDatabase(f"sqlite:///{tmp_path / 'team.db'}")
    owners = TeamBooks(database).owners
    owners.claim("run", ["a"], "tina@example.org")
    assert owners.all()
    database.close()
    (tmp_path / "team.db").unlink()
    (tmp_path / "team.db").mkdir()
    owners._read = float("-inf")

    assert owners.all() == {("run", "a"): Owned("tina@example.org")}
    with pytest.raises(TeamError):
        owners.of("run", "a")
    assert database.error is not None
