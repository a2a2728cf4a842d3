"""What all tables are declared with: their metadata, and shorthands for the usual columns and conditions.

Times are integers in epoch µs, because SQLite and PostgreSQL differ on datetimes. The row key of a thing
with a public id is the 48-bit number in that id (`model/ids.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    text,
)

SCHEMA_VERSION = "0047"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite accepts only INTEGER as the type of its row number; elsewhere these are 64-bit.
KEY = BigInteger().with_variant(Integer, "sqlite")


def key() -> Column[int]:
    """A column for the row's own key."""
    return Column("id", KEY, primary_key=True, autoincrement=False)


def at(name: str, *, nullable: bool = False) -> Column[int]:
    """A column for a time in epoch µs."""
    return Column(name, BigInteger, nullable=nullable)


def ended(ends_at: ColumnElement[Any], now_us: int) -> ColumnElement[bool]:
    """`is_over` (`model/moment.py`) as a condition; for what has no end it's neither true nor false."""
    return ends_at <= now_us


def list_columns(fields: Iterable[str], of: str, **otherwise: str) -> str:
    """Columns of `of` as text, for a row type with these fields, in order, but for those said otherwise."""
    return ", ".join(otherwise.get(field, f"{of}.{field}") for field in fields)


def to(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    """A column for the key of a row in another table."""
    return Column(name, KEY, ForeignKey(f"{table}.id"), nullable=nullable)


def index_where(condition: str, name: str, *columns: str) -> Index:
    """An index of those rows alone for which the condition holds.

    Migrations make it in both databases. Here it's declared for SQLite, by which it's compared with what they
    make: to take PostgreSQL's condition, SQLAlchemy would load that dialect in every process.
    """
    return Index(name, *columns, sqlite_where=text(condition))
