"""Sign somebody in, once it's known who they are; find, list and end sign-ins.

A secret is made here for each sign-in and never taken from a browser, so none can be planted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.api_key import ROLES
from listenlink.model.owner import Owner
from listenlink.model.sign_in import (
    NOTED_EVERY_US,
    Method,
    SignIn,
    digest,
    is_well_formed,
    new_secret,
)
from listenlink.store import people, sign_ins, suspensions
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new sign-in and its secret, which the browser's cookie gets and nobody else."""

    sign_in: SignIn
    secret: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in: their sign-in, e-mail, and their role in each organisation that isn't suspended."""

    sign_in: SignIn
    email: str
    roles: dict[int, str]

    @property
    def role(self) -> str:
        """Their role in the organisation that they act in."""
        return self.roles[self.sign_in.organization_id]

    @property
    def caller(self) -> Caller:
        """Them as a caller, with all that their role allows, for as long as they're signed in."""
        owner = Owner(self.sign_in.organization_id, self.sign_in.user_id)
        scopes = ROLES.get(self.role, frozenset())
        return Caller(owner, scopes, sign_in_id=self.sign_in.id)


def begin(
    connection: Connection, audit: AccountAudit, asker: Asker, user_id: int, method: Method
) -> SignedIn:
    """Sign the user in, in place of whoever this browser was signed in as, within a transaction.

    Raises a Problem if they're a member of nothing, or of what is suspended alone.
    """
    roles = _list_roles(connection, user_id)
    if not roles:
        raise invalid("email", "You aren't a member of any organisation here.")
    end_earlier(connection, asker)
    secret, now_us = new_secret(), asker.now_us
    organization_id = next(iter(roles))
    made = SignIn(0, user_id, organization_id, method, asker.browser, now_us, now_us)
    number = sign_ins.add_sign_in(connection, made, digest(secret))
    audit.note(connection, asker, "signed_in", user_id, organization_id, method.value)
    return SignedIn(replace(made, id=number), secret)


def end_earlier(connection: Connection, asker: Asker) -> None:
    """End what this browser was signed in with, whoever it was."""
    if asker.secret is not None and is_well_formed(asker.secret):
        found = sign_ins.find_sign_in(connection, digest(asker.secret), asker.now_us)
        if found is not None:
            sign_ins.end_sign_in(connection, found.user_id, found.id)


def begin_anew(connection: Connection, sign_in: SignIn, now_us: int) -> SignedIn:
    """Give a sign-in another secret and end all others of its user: what they're known by has changed."""
    sign_ins.end_all(connection, sign_in.user_id)
    secret = new_secret()
    made = replace(sign_in, made_at=now_us, seen_at=now_us)
    number = sign_ins.add_sign_in(connection, made, digest(secret))
    return SignedIn(replace(made, id=number), secret)


async def find_person(database: Database, secret: str | None, now_us: int) -> Person | None:
    """Who has this secret, if they're signed in and a member of something; None otherwise."""
    if secret is None or not is_well_formed(secret):
        return None

    def find(connection: Connection) -> Person | None:
        sign_in = sign_ins.find_sign_in(connection, digest(secret), now_us)
        if sign_in is None:
            return None
        email, roles = (
            people.find_email(connection, sign_in.user_id),
            _list_roles(connection, sign_in.user_id),
        )
        if email is None or not roles:
            return None
        if sign_in.organization_id not in roles:
            sign_in = replace(sign_in, organization_id=next(iter(roles)))
        return Person(sign_in, email, roles)

    found = await database.read(find)
    if found is not None and found.sign_in.seen_at <= now_us - NOTED_EVERY_US:
        await database.write(
            lambda connection: sign_ins.note_use(connection, found.sign_in, now_us)
        )
    return found


def require_live(connection: Connection, sign_in_id: int) -> None:
    """Raise Problem(AUTHENTICATION_REQUIRED) if this sign-in was ended, within the transaction that writes
    for it."""
    if not sign_ins.is_live(connection, sign_in_id):
        raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)


async def sign_out(database: Database, audit: AccountAudit, asker: Asker) -> None:
    """End what this browser is signed in with; doing it again changes nothing."""
    secret = asker.secret
    if secret is None or not is_well_formed(secret):
        return

    def end(connection: Connection) -> None:
        found = sign_ins.find_sign_in(connection, digest(secret), asker.now_us)
        if found is not None:
            sign_ins.end_sign_in(connection, found.user_id, found.id)
            audit.note(connection, asker, "signed_out", found.user_id, found.organization_id)

    await database.write(end)


async def end_sign_in(database: Database, person: Person, sign_in_id: int) -> None:
    """End one of the person's sign-ins. Raises Problem(NOT_FOUND)."""
    user_id = person.sign_in.user_id
    if not await database.write(lambda c: sign_ins.end_sign_in(c, user_id, sign_in_id)):
        raise Problem(ProblemKind.NOT_FOUND)


async def act_elsewhere(database: Database, person: Person, organization_id: int) -> None:
    """Let the person act in another of their organisations from now on. Raises Problem(NOT_FOUND)."""
    if organization_id not in person.roles:
        raise Problem(ProblemKind.NOT_FOUND)
    await database.write(
        lambda c: sign_ins.change_organization(c, person.sign_in.id, organization_id)
    )


def _list_roles(connection: Connection, user_id: int) -> dict[int, str]:
    suspended = suspensions.list_suspended(connection)
    return {
        number: role
        for number, role in people.list_memberships(connection, user_id).items()
        if number not in suspended and role in ROLES
    }
