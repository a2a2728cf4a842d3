"""All combinations of what a link's life is made of and of what it leads to, and an oracle, which is written
anew, not taken from the program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, insert

from engines import ENGINE, SQLITE, new_backend
from listenlink.clock import SECOND_US
from listenlink.model.audit import Reason
from listenlink.model.listen_session import ListenSession
from listenlink.model.share import LinkState
from listenlink.model.share_token import digest
from listenlink.store import suspensions, tables
from listenlink.store.database.location import DatabaseLocation
from store.shown_rows import add_collection, add_owner, add_track
from store.test_client_names import NOON_US

NOW = NOON_US
ROTATION, EARLIER_ROTATION = 1, 0
STANDING, SUSPENDED = 1, 2
# Of each organisation: tracks, of which one is removed; what its links lead to, and which tracks that is.
FIRST, GONE, SECOND = 1, 2, 3
TARGETS: tuple[tuple[str, int, tuple[int, ...] | None], ...] = (
    ("track_id", FIRST, (FIRST,)),
    ("track_id", GONE, None),
    ("collection_id", 1, (SECOND, FIRST)),
    ("collection_id", 2, ()),
    ("collection_id", 3, None),
    ("collection_id", 4, ()),
)
_STATES = {
    Reason.REVOKED: LinkState.REVOKED,
    Reason.EXPIRED: LinkState.EXPIRED,
    Reason.NOT_STARTED: LinkState.SCHEDULED,
}


class Link(NamedTuple):
    """One combination; `number` is its row's, `leads_to` the tracks that it leads to, None for a target that
    is gone."""

    number: int
    organization: int
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    max_opens: int | None
    opens: int
    column: str
    target: int
    leads_to: tuple[int, ...] | None

    @property
    def token(self) -> str:
        return f"shr_{self.number:032x}"

    @property
    def reason(self) -> Reason | None:
        """Why it doesn't work, but for being spent."""
        if self.revoked_at is not None:
            return Reason.REVOKED
        if self.expires_at in (NOW - 1, NOW):
            return Reason.EXPIRED
        if self.starts_at == NOW + 1:
            return Reason.NOT_STARTED
        return Reason.SUSPENDED if self.organization == SUSPENDED else None

    @property
    def is_spent(self) -> bool:
        return self.opens == self.max_opens

    @property
    def state(self) -> LinkState:
        own = LinkState.SPENT if self.is_spent else LinkState.ACTIVE
        return own if self.reason in (None, Reason.SUSPENDED) else _STATES[self.reason]

    def works(self, rotation: int = ROTATION) -> bool:
        """For who holds something of this rotation."""
        return rotation == ROTATION and self.reason is None


def row_of(organization: int, number: int) -> int:
    """The number of this organisation's track or collection of that place."""
    return 10 * organization + number


def _combinations() -> Iterator[Link]:
    times = (None, NOW - 1, NOW, NOW + 1)
    opens = ((None, 7), (2, 1), (2, 2))
    every = product((STANDING, SUSPENDED), (None, NOW - 5), times, times, opens, TARGETS)
    for number, (organization, revoked, starts, expires, counts, target) in enumerate(every, 1):
        column, which, leads = target
        leads_to = None if leads is None else tuple(row_of(organization, track) for track in leads)
        yield Link(
            number, organization, revoked, starts, expires, *counts, column,
            row_of(organization, which), leads_to,
        )  # fmt: skip


LINKS = tuple(_combinations())
# What is asked for one link at a time, without regard to its opens. A round trip for each takes long.
EACH = LINKS if ENGINE == SQLITE else tuple(link for link in LINKS if link.max_opens is None)


def _fill(connection: Connection) -> None:
    add_owner(connection)
    for organization in (STANDING, SUSPENDED):
        track = partial(row_of, organization)
        whose = {"organization_id": organization, "creator_id": organization}
        for number in (FIRST, GONE, SECOND):
            removed_at = 9 if number == GONE else None
            add_track(connection, track(number), **whose, removed_at=removed_at)
        add = partial(
            add_collection, connection, organization_id=organization, owner_id=organization
        )
        add(track(1), track(SECOND), track(GONE), track(FIRST))
        add(track(2))
        add(track(3), track(FIRST), removed_at=9)
        add(track(4), track(GONE))
    rows = [
        {
            "id": link.number, "token_digest": digest(link.token), "organization_id": link.organization,
            "creator_id": link.organization, "visibility": "link_only", "created_at": link.number,
            "revoked_at": link.revoked_at, "starts_at": link.starts_at, "expires_at": link.expires_at,
            "max_opens": link.max_opens, "opens": link.opens, "rotation": ROTATION,
            "allow_download": True, "track_id": None, "collection_id": None, link.column: link.target,
        }
        for link in LINKS
    ]  # fmt: skip
    connection.execute(insert(tables.shares), rows)
    suspensions.suspend(connection, SUSPENDED, NOW - 5)


def filled(folder: Path) -> DatabaseLocation:
    """A database with all combinations."""
    place = new_backend(folder)
    with contextlib.closing(place.open()) as database:
        database.write_now(_fill)
    return place


def session_of(link: Link, rotation: int) -> ListenSession:
    """What somebody holds who opened the link when it had this rotation."""
    return ListenSession(link.number, rotation, 7, NOW // SECOND_US + 60)


def tracks_of(link: Link) -> list[int]:
    """The tracks that there are, or were, in the link's organisation."""
    return [row_of(link.organization, number) for number in (FIRST, GONE, SECOND)]


def leads(link: Link, track: int) -> bool:
    """Whether the link leads to the track."""
    return track in (link.leads_to or ())
