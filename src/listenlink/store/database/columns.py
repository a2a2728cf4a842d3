"""What all tables are declared with: their metadata, and shorthands for the usual columns.

Times are integers in epoch µs: SQLite and PostgreSQL differ on datetimes. Row keys of things with a
public id are the 48-bit number of that id (`model/ids.py`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

SCHEMA_VERSION = "0021"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite takes only INTEGER as the name of its row number; elsewhere these are 64-bit.
KEY = BigInteger().with_variant(Integer, "sqlite")


def key() -> Column[int]:
    """The row's own key."""
    return Column("id", KEY, primary_key=True, autoincrement=False)


def at(name: str, *, nullable: bool = False) -> Column[int]:
    """A moment."""
    return Column(name, BigInteger, nullable=nullable)


def to(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    """The key of a row of another table."""
    return Column(name, KEY, ForeignKey(f"{table}.id"), nullable=nullable)
