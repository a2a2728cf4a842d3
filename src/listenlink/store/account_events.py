"""The audit of accounts: who signed in, or failed to, and who made and closed what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_EVENTS = tables.account_events
_DELETED_PER_STEP = 500


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One line. `what` is an event's name, `about` the public id or the words of what it's about. A client is
    named by the day's pseudonym and its prefix. `at` in epoch µs."""

    at: int
    what: str
    organization_id: int | None = None
    user_id: int | None = None
    about: str | None = None
    pseudonym: bytes | None = None
    prefix: str | None = None


def add_event(connection: Connection, event: AccountEvent) -> None:
    """Append a line."""
    insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_EVENTS).values(
                id=number,
                at=event.at,
                what=event.what,
                organization_id=event.organization_id,
                user_id=event.user_id,
                about=event.about,
                pseudonym=event.pseudonym,
                prefix=event.prefix,
            )
        ),
    )


def list_events(
    connection: Connection, organization_id: int, limit: int, offset: int
) -> list[AccountEvent]:
    """Return a slice of an organisation's lines, newest first; with them the lines of no organisation about
    its members: in which of theirs somebody would have acted who failed to sign in isn't known."""
    members = tables.memberships
    theirs = select(members.c.user_id).where(members.c.organization_id == organization_id)
    of_nowhere = _EVENTS.c.organization_id.is_(None) & _EVENTS.c.user_id.in_(theirs)
    rows = connection.execute(
        select(_EVENTS)
        .where((_EVENTS.c.organization_id == organization_id) | of_nowhere)
        .order_by(_EVENTS.c.at.desc(), _EVENTS.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [
        AccountEvent(
            row.at,
            row.what,
            row.organization_id,
            row.user_id,
            row.about,
            row.pseudonym,
            row.prefix,
        )
        for row in rows
    ]


def forget_email(connection: Connection, email: str) -> None:
    """Let no line say this e-mail, as those of an invitation do."""
    says = func.lower(_EVENTS.c.about) == email.lower()
    connection.execute(update(_EVENTS).where(says).values(about=None))


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some lines from before this; return how many. Call until it returns 0."""
    over = select(_EVENTS.c.id).where(_EVENTS.c.at < before_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_EVENTS).where(_EVENTS.c.id.in_(over.scalar_subquery()))
    ).rowcount
