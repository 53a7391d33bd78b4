"""Making the team's tables, and bringing those of an older version up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select, text, update

from core.errors import TeamError
from core.language import tr
from core.team.tables import Base, SchemaRow

Step = Callable[[Connection], None]


def _locks_know_since_when(connection: Connection) -> None:
    # Locks hold for minutes: who had one takes it anew with the next change.
    connection.execute(text("DELETE FROM label_locks"))
    column = "since DOUBLE PRECISION NOT NULL DEFAULT 0"
    connection.execute(text(f"ALTER TABLE label_locks ADD COLUMN {column}"))


# `UPGRADES[n]` turns the tables of version n + 1 into those of version n + 2. A database that is
# made anew gets the tables as they are now, so that steps are for older ones alone.
UPGRADES: tuple[Step, ...] = (_locks_know_since_when,)
# Any number, the same in all processes: they make the tables one after the other.
_LOCK = 7_215_001
_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{word} BEFORE {word} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        for word in ("update", "delete")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ],
}


def prepare(connection: Connection, upgrades: Sequence[Step] = UPGRADES) -> None:
    """Makes the tables where there are none, and upgrades older ones.

    Args:
        connection: Inside a transaction that writes; nothing is left half done where it fails.
        upgrades: The steps; see `UPGRADES`.

    Raises:
        TeamError: If the tables are of a newer version than this program knows.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    SchemaRow.__table__.create(connection, checkfirst=True)  # type: ignore[attr-defined]
    newest = len(upgrades) + 1
    version = connection.scalar(select(SchemaRow.version))
    if version is None:
        _make(connection, newest)
        return
    if version > newest:
        raise TeamError(
            tr(
                "The team's database is of version {found}; this program knows {known}.",
                found=version,
                known=newest,
            ),
            tr("Start the newer program, or take a backup from before the upgrade."),
        )
    for step in upgrades[version - 1 :]:
        step(connection)
    connection.execute(update(SchemaRow).values(version=newest))


def _make(connection: Connection, version: int) -> None:
    Base.metadata.create_all(connection)
    for statement in _APPEND_ONLY.get(connection.dialect.name, []):
        connection.exec_driver_sql(statement)
    connection.execute(SchemaRow.__table__.insert().values(version=version))  # type: ignore[attr-defined]
