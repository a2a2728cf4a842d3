"""How a slice of a list is looked for: from its place on, by an index, however much comes before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, literal, tuple_

from listenlink.model.listing import Place, Slice


def newest_first(query: Select[Any], table: FromClause, part: Slice) -> Select[Any]:
    """The rows of a slice and one more, the newest of this table's first."""
    if part.after is not None:
        query = query.where(~not_older(table, part.after))
    newest = (column.desc() for column in (table.c.created_at, table.c.id))
    return query.order_by(*newest).limit(part.one_more).offset(part.offset)


def not_older(table: FromClause, place: Place) -> ColumnElement[bool]:
    """Whether a row of such a list is at this place or before it."""
    order = (table.c.created_at, table.c.id)
    there = [literal(value, column.type) for value, column in zip(place, order, strict=True)]
    return tuple_(*order) >= tuple_(*there)


def place_of(row: Any) -> Place:
    """A row's place in such a list."""
    return (row.created_at, row.id)
