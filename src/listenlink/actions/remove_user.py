"""Remove a user, from one organisation or entirely: for the operator on the instance itself, and for owners
by `actions/remove_member.py`.

Their keys and sign-ins end first, in one transaction, and they are no member for anything that they do from
then on. What they had, which may be much, ends or goes to an owner in steps,
so that opens go on; links end before music does. With the last step they are no member any more, and their
e-mail is forgotten if they're nowhere one. What runs is looked up again and again (docs/decisions/0056).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from listenlink.actions.manage_people import check_organization
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.owner import Owner
from listenlink.store import account_events, belongings, given_covers, members, people
from listenlink.store.belongings import Belongings
from listenlink.store.database.database import Database

_ROWS_PER_STEP = 500
_PAUSE_SECONDS = 0.02
_Change = Callable[[Connection, list[int]], None]
_Work = tuple[Callable[[Connection], list[int]], _Change]


@dataclass(frozen=True, slots=True)
class Parting:
    """A user's leave of one organisation: what they have there, and the owner whose it may become, (user,
    e-mail), None if there is no other owner. `is_last_owner`: they're one, and nobody else is."""

    organization_id: int
    has: Belongings
    heir: tuple[int, str] | None
    is_last_owner: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of what the user has. Without `hands_over` their links end and their music is
    deleted; with it, both go to an owner, the links ended before that if `ends_links`."""

    ends_links: bool
    hands_over: bool
    may_be_last_owner: bool = False


@dataclass(slots=True)
class Removed:
    """What was done. `stays_in` are the organisations of which they are still a member, so with their
    e-mail. `uploads` and `digests` name the files that are to go now."""

    user_id: int
    partings: list[Parting]
    stays_in: list[int] = field(default_factory=list)
    uploads: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


def find_partings(
    connection: Connection, user: str, organization_id: int | None, to: str | None
) -> tuple[int, list[Parting]]:
    """Return the user's number, and what removing them takes leave of: one organisation, or all of theirs.

    `user` is an id or an e-mail, and so is `to`, the owner whose things are to become; None means the one who
    has been a member for longest. Raises RefusesToStart.
    """
    user_id = _find_user(connection, user)
    roles = {} if user_id is None else people.list_memberships(connection, user_id)
    if organization_id is not None:
        check_organization(connection, organization_id)
        roles = {number: role for number, role in roles.items() if number == organization_id}
    if user_id is None or not roles:
        where = "a user of this instance" if organization_id is None else "a member of it"
        raise RefusesToStart(f"{user} isn't {where}; see: listenlink user list")
    return user_id, [
        _parting(connection, Owner(number, user_id), role, to) for number, role in roles.items()
    ]


def remove_user(
    database: Database,
    user: str,
    organization_id: int | None,
    to: str | None,
    wish: Wish,
    now_us: int,
    allow: Callable[[Connection], None] | None = None,
) -> Removed:
    """Remove the user from one organisation, or from all of theirs; the rest as for `find_partings`. `allow`
    is asked within the first transaction, and raises if it mayn't be.

    Raises RefusesToStart, having changed nothing. If it breaks off later, as when it's killed, or because
    whose things these become is an owner no more, the keys have ended, some of the rest is done, and doing it
    again does what is left.
    """

    def begin(connection: Connection) -> Removed:
        if allow is not None:
            allow(connection)
        user_id, partings = find_partings(connection, user, organization_id, to)
        for parting in partings:
            _check(parting, wish)
        for parting in partings:
            members.begin_leave(connection, parting.organization_id, user_id, now_us)
        return Removed(user_id, partings)

    removed = database.write_now(begin)
    works = [_works(parting, removed.user_id, wish, now_us) for parting in removed.partings]
    for find, change in chain.from_iterable(works):
        numbers = database.read_now(find)
        for start in range(0, len(numbers), _ROWS_PER_STEP):
            database.write_now(partial(_call, change, numbers[start : start + _ROWS_PER_STEP]))
            time.sleep(_PAUSE_SECONDS)
    return database.write_now(lambda c: _finish(c, removed, chain.from_iterable(works), now_us))


def _works(parting: Parting, user_id: int, wish: Wish, now_us: int) -> list[_Work]:
    """What is to be done in one organisation, in this order: which rows there are, and what changes some."""
    whose = Owner(parting.organization_id, user_id)
    works: list[_Work] = []
    if wish.ends_links or not wish.hands_over:
        works.append(
            (
                lambda c: belongings.find_unended_links(c, whose),
                lambda c, some: belongings.end_links(c, some, now_us),
            )
        )
    if not wish.hands_over or parting.heir is None:
        works += [
            (
                lambda c: belongings.find_undeleted(c, whose).tracks,
                lambda c, some: belongings.delete_tracks(c, some, now_us),
            ),
            (
                lambda c: belongings.find_undeleted(c, whose).collections,
                lambda c, some: belongings.delete_collections(c, some, now_us),
            ),
        ]
        return works
    return works + _handing(whose, parting.heir, now_us)


def _handing(whose: Owner, heir: tuple[int, str], now_us: int) -> list[_Work]:
    heir_id = heir[0]
    works: list[_Work] = [
        (
            lambda c: belongings.find_music(c, whose).tracks,
            lambda c, some: belongings.hand_tracks(c, whose, heir_id, some, now_us),
        ),
        (
            lambda c: belongings.find_music(c, whose).collections,
            lambda c, some: belongings.hand_collections(c, heir_id, some),
        ),
        (
            lambda c: belongings.find_links(c, whose),
            lambda c, some: belongings.hand_links(c, heir_id, some),
        ),
    ]
    return [(find, partial(_hand, whose.organization_id, heir, change)) for find, change in works]


def _hand(
    organization_id: int,
    heir: tuple[int, str],
    change: _Change,
    connection: Connection,
    some: list[int],
) -> None:
    """Change some, unless the heir is being removed, too, by now: they would be nobody's."""
    if heir not in people.list_owners(connection, organization_id):
        organization = ids.public_id(ids.ORGANIZATION, organization_id)
        raise RefusesToStart(f"{heir[1]} isn't an owner of {organization} any more; do it again")
    change(connection, some)


def _call(change: _Change, some: list[int], connection: Connection) -> None:
    change(connection, some)


def _finish(
    connection: Connection, removed: Removed, works: Iterable[_Work], now_us: int
) -> Removed:
    """Do what has come to be left since it was found, and end the memberships."""
    for find, change in works:
        change(connection, find(connection))
    for parting in removed.partings:
        whose = Owner(parting.organization_id, removed.user_id)
        removed.digests += belongings.discard_audio(connection, whose, now_us)
        removed.uploads += belongings.forget_rest(connection, whose, now_us)
        people.remove_member(connection, *whose)
    removed.digests += given_covers.list_dropped(connection).values()
    removed.stays_in = list(people.list_memberships(connection, removed.user_id))
    if not removed.stays_in:
        email = people.find_email(connection, removed.user_id)
        account_events.forget_email(connection, email or "")
        people.forget_user(connection, removed.user_id)
    return removed


def _check(parting: Parting, wish: Wish) -> None:
    organization = ids.public_id(ids.ORGANIZATION, parting.organization_id)
    if parting.is_last_owner and not wish.may_be_last_owner:
        raise RefusesToStart(
            f"nobody else is an owner of {organization}; let somebody be one first "
            "(listenlink user add --role owner), or say --last-owner"
        )
    if wish.hands_over and parting.heir is None and any(parting.has):
        raise RefusesToStart(f"{organization} has no other owner to hand anything to")


def _parting(connection: Connection, whose: Owner, role: str, to: str | None) -> Parting:
    owners = people.list_owners(connection, whose.organization_id)
    others = [owner for owner in owners if owner[0] != whose.user_id]
    has = belongings.count_belongings(connection, whose)
    heir = others[0] if others else None
    if to is not None:
        wanted = _find_user(connection, to)
        heir = next((owner for owner in others if owner[0] == wanted), None)
        if heir is None:
            organization = ids.public_id(ids.ORGANIZATION, whose.organization_id)
            raise RefusesToStart(f"{to} isn't another owner of {organization}")
    return Parting(whose.organization_id, has, heir, role == "owner" and not others)


def _find_user(connection: Connection, user: str) -> int | None:
    number = ids.parse_id(ids.USER, user)
    return people.find_user(connection, user) if number is None else number
