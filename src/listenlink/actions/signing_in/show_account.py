"""What a person who is signed in is shown: of themselves, and, if they're an owner, of their organisation."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import require_owner
from listenlink.actions.signing_in.sign_in import Person
from listenlink.model import ids
from listenlink.model.api_key import ListedKey
from listenlink.model.listing import Slice
from listenlink.model.member import Invitation, Member
from listenlink.model.sign_in import SignIn
from listenlink.store import (
    account_events,
    api_keys,
    credentials,
    members,
    people,
    sign_in_links,
    sign_ins,
)
from listenlink.store.account_events import AccountEvent
from listenlink.store.database.database import Database

MOST_KEYS = 100
MOST_EVENTS = 100
MOST_INVITATIONS = 100


@dataclass(frozen=True, slots=True)
class NamedPasskey:
    """A passkey as lists show it. Times in epoch µs."""

    id: int
    name: str
    made_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody is known by, where they're signed in, the names of the organisations that they act in,
    and their keys of the one that they act in now, the newest first: at most `MOST_KEYS`."""

    has_password: bool
    passkeys: list[NamedPasskey]
    sign_ins: list[SignIn]
    organizations: dict[int, str]
    keys: list[ListedKey]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the account audit: who did what, and from where, if that is known. `at` in epoch µs."""

    at: int
    what: str
    who: str | None
    about: str | None
    prefix: str | None


@dataclass(frozen=True, slots=True)
class People:
    """An organisation's name and members, who is invited, and the last lines of its account audit; the newest
    first, of invitations at most `MOST_INVITATIONS`."""

    organization: str
    members: list[Member]
    invitations: list[Invitation]
    events: list[Event]


async def show_account(database: Database, person: Person, now_us: int) -> Account:
    """Return what the person is shown of themselves."""
    user_id, organization_id = person.sign_in.user_id, person.sign_in.organization_id

    def find(connection: Connection) -> Account:
        keys = api_keys.list_keys(connection, organization_id, user_id, Slice(MOST_KEYS))
        names = {
            number: people.find_organization(connection, number) or "" for number in person.roles
        }
        return Account(
            credentials.find_password(connection, user_id) is not None,
            [
                NamedPasskey(passkey.id, passkey.name, passkey.made_at, passkey.used_at)
                for passkey in credentials.list_passkeys(connection, user_id)
            ],
            sign_ins.list_sign_ins(connection, user_id, now_us),
            names,
            keys.items,
        )

    return await database.read(find)


async def show_people(database: Database, person: Person, now_us: int) -> People:
    """Return who is in the person's organisation, and what was done there. Raises
    Problem(INSUFFICIENT_PERMISSIONS) for somebody who isn't an owner."""
    organization_id = person.sign_in.organization_id

    def find(connection: Connection) -> People:
        require_owner(connection, person.caller)
        here = members.list_members(connection, organization_id, now_us)
        names = {member.user_id: member.email for member in here}
        lines = account_events.list_events(connection, organization_id, MOST_EVENTS, 0)
        return People(
            people.find_organization(connection, organization_id) or "",
            here,
            sign_in_links.list_invitations(connection, organization_id, now_us, MOST_INVITATIONS),
            [_told(line, names) for line in lines],
        )

    return await database.read(find)


def _told(line: AccountEvent, names: dict[int, str]) -> Event:
    """What is about a member says who that is."""
    user_id = ids.parse_id(ids.USER, line.about or "")
    about = line.about if user_id is None else names.get(user_id, line.about)
    return Event(line.at, line.what, names.get(line.user_id or 0), about, line.prefix)
