"""The tables of the team's database. Moments are seconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts up by itself in a column of exactly this type alone.
_ID = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base class of all tables."""


class SchemaRow(Base):
    """Version of the tables in the database; one row."""

    __tablename__ = "schema_version"
    version: Mapped[int] = mapped_column(primary_key=True)


class OwnerRow(Base):
    """Owner and visibility of a data set or run."""

    __tablename__ = "owners"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    owner: Mapped[str] = mapped_column(String(320), index=True)
    private: Mapped[bool]


class NoteRow(Base):
    """Note about a run."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    run: Mapped[str] = mapped_column(String(200), index=True)
    author: Mapped[str] = mapped_column(String(320))
    text: Mapped[str] = mapped_column(Text)
    written: Mapped[float]


class PinRow(Base):
    """A run that stands first for everybody."""

    __tablename__ = "pins"
    run: Mapped[str] = mapped_column(String(200), primary_key=True)
    pinned_by: Mapped[str] = mapped_column(String(320))
    pinned: Mapped[float]


class AuditRow(Base):
    """Something that was done; rows are added, and never changed or deleted."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    moment: Mapped[float] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(320))
    action: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    thing: Mapped[str] = mapped_column(String(200), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class PresenceRow(Base):
    """Page that a session looks at, and when it was last seen."""

    __tablename__ = "presence"
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    who: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(320))
    page: Mapped[str] = mapped_column(String(32))
    thing: Mapped[str] = mapped_column(String(200), index=True)
    seen: Mapped[float]


class LabelLockRow(Base):
    """User who edits a data set's labels, since when, and until when others wait."""

    __tablename__ = "label_locks"
    dataset: Mapped[str] = mapped_column(String(200), primary_key=True)
    holder: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(320))
    since: Mapped[float]
    until: Mapped[float]


class PredictionsRow(Base):
    """Number of images that a user classified in a minute; minutes since 1970."""

    __tablename__ = "predictions"
    who: Mapped[str] = mapped_column(String(320), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    images: Mapped[int]
