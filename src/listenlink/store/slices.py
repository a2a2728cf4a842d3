"""How a slice of a list is looked for: from its place on, by an index, however much comes before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, Select, literal, tuple_

from listenlink.model.listing import Place, Slice


def newest_first(query: Select[Any], table: FromClause, part: Slice) -> Select[Any]:
    """The rows of a slice and one more, the newest of this table's first."""
    order = (table.c.created_at, table.c.id)
    if part.after is not None:
        after = [
            literal(value, column.type) for value, column in zip(part.after, order, strict=True)
        ]
        query = query.where(tuple_(*order) < tuple_(*after))
    newest = (column.desc() for column in order)
    return query.order_by(*newest).limit(part.one_more).offset(part.offset)


def place_of(row: Any) -> Place:
    """A row's place in such a list."""
    return (row.created_at, row.id)
