"""Whose something is: a user's, in one organisation."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Table, and_

_USERS = ("creator_id", "owner_id", "user_id")


def own(table: FromClause, organization_id: int, user_id: int) -> ColumnElement[bool]:
    """A condition in a statement on the table: the row is this user's in this organisation."""
    (user,) = (table.c[name] for name in _USERS if name in table.c)
    return and_(table.c.organization_id == organization_id, user == user_id)


def seen(table: Table, organization_id: int, user_id: int | None) -> ColumnElement[bool]:
    """The same in a statement that only reads, for an owner, who may see more: without a user, whoever's it
    is in this organisation."""
    if user_id is None:
        return table.c.organization_id == organization_id
    return own(table, organization_id, user_id)
