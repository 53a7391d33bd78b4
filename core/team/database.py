"""The team's database: a file in the workspace, or a PostgreSQL server, through SQLAlchemy.

Nothing that trains asks it: a database that cannot be reached stops no run.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from core.errors import TeamError
from core.language import tr
from core.team.schema import UPGRADES, Step, prepare

# How long a page waits for a database that does not answer; then all pages spare it for a while.
CONNECT_SECONDS = 3
BUSY_SECONDS = 5
SPARED_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


class TeamDatabase:
    """Sessions on the team's tables, which are made or upgraded at the first one.

    Threads may share it.

    Args:
        url: As SQLAlchemy writes it: `sqlite:////path/team.db`, or
            `postgresql://user:password@host/name`.
        upgrades: Steps from older versions; see `schema.UPGRADES`.
    """

    def __init__(self, url: str, upgrades: Sequence[Step] = UPGRADES) -> None:
        self._text = url
        self._upgrades = upgrades
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._spared_until = 0.0
        self._spared: TeamError | None = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing.

        Raises:
            TeamError: If the database cannot be reached.
        """
        with self._told(), Session(self._opened()) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept together, or none of them where it raises.

        Raises:
            TeamError: If the database cannot be reached.
        """
        with self._told():
            engine = self._opened().execution_options(writes=True)
            with Session(engine) as session, session.begin():
                yield session

    @property
    def error(self) -> TeamError | None:
        """Error of the last attempt to reach the database; None where it answers or was not
        asked."""
        return self._spared if time.monotonic() < self._spared_until else None

    def close(self) -> None:
        """Gives all connections back; the next session opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _opened(self) -> Engine:
        with self._lock:
            if self.error is not None:
                raise self.error
            if self._engine is None:
                engine = _engine(make_url(self._text))
                with engine.execution_options(writes=True).begin() as connection:
                    prepare(connection, self._upgrades)
                self._engine = engine
            return self._engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Describe an error of the database; its own text may hold user input."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            _LOG.warning("the team's database: %s", cause)
            raise self._unreachable() from error
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
            raise _unusable() from error

    def _unreachable(self) -> TeamError:
        where = make_url(self._text).render_as_string(hide_password=True)
        self._spared = TeamError(
            tr("The team's database {where} cannot be used now.", where=where),
            tr("Runs go on. Start the database, or check UNFREEZE_DATABASE; the log says more."),
        )
        self._spared_until = time.monotonic() + SPARED_SECONDS
        return self._spared


def _unusable() -> TeamError:
    return TeamError(
        tr("UNFREEZE_DATABASE names no database that can be used."),
        tr(
            "Write it like {example}, and install requirements-postgres.txt.",
            example="postgresql://user:password@host/name",
        ),
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={BUSY_SECONDS * 1000}",
        },
    )


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_timeout=CONNECT_SECONDS, connect_args={"timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        # Transactions are begun below: the module's own ones would leave out CREATE TABLE.
        connection.isolation_level = None
        # Readers do not wait for a writer; what the last seconds wrote survives a crash.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # Two that read first and write then would be in each other's way.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
