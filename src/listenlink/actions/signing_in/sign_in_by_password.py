"""Sign in by e-mail and password; set a password, and take it away.

Whether there is such a user, and whether they have a password, is told by neither words nor time.
"""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.actions.signing_in.bound_attempts import Attempt, Attempts
from listenlink.actions.signing_in.sign_in import (
    Person,
    SignedIn,
    begin,
    begin_anew,
    require_live,
)
from listenlink.errors import invalid
from listenlink.model import password as passwords
from listenlink.model.password import PasswordFault
from listenlink.model.sign_in import Method
from listenlink.store import credentials, sign_in_attempts
from listenlink.store.database.database import Database
from listenlink.threads import HASHES

# More than this is no password and nobody's, and is cut before it's hashed.
_MOST_HASHED = 1024
_WRONG = "This e-mail and this password don't belong together."
_FAULTS = {
    PasswordFault.SHORT: f"A password has {passwords.LEAST_CHARACTERS} characters or more.",
    PasswordFault.LONG: f"A password has at most {passwords.MOST_CHARACTERS} characters.",
    PasswordFault.COMMON: "This one is easily guessed. Take several words that have nothing to do with "
    "each other.",
}


async def sign_in_by_password(
    database: Database,
    attempts: Attempts,
    audit: AccountAudit,
    email: str,
    password: str,
    asker: Asker,
) -> SignedIn:
    """Sign in whoever has this e-mail and this password.

    Raises a 422 Problem that names `password` for a pair that isn't one, and what `Attempts.begin` raises.
    """
    email = email.strip()
    attempt = await attempts.begin(asker, email)
    known = await database.read(lambda connection: credentials.find_by_email(connection, email))
    user_id, kept = known or (None, None)
    is_right = await HASHES.run(passwords.is_right, password[:_MOST_HASHED], kept)
    if user_id is None or kept is None or not is_right:
        await _note_failure(database, audit, asker, attempt, user_id)
        raise invalid("password", _WRONG)
    renewed = None
    if passwords.is_outdated(kept):
        renewed = await HASHES.run(passwords.hash_password, password)

    def sign_in(connection: Connection) -> SignedIn:
        # Meanwhile it may have been changed: then this one is no longer right.
        if credentials.find_password(connection, user_id) != kept:
            raise invalid("password", _WRONG)
        if renewed is not None:
            credentials.set_password(connection, user_id, renewed, asker.now_us)
        sign_in_attempts.take_back(connection, attempt.client, attempt.account)
        return begin(connection, audit, asker, user_id, Method.PASSWORD)

    return await database.write(sign_in)


async def _note_failure(
    database: Database, audit: AccountAudit, asker: Asker, attempt: Attempt, user_id: int | None
) -> None:
    """Also of a user who isn't there: not to write would take less time."""
    if attempt.is_told:
        await database.write(lambda c: audit.note(c, asker, "sign_in_failed", user_id))


async def set_password(
    database: Database, audit: AccountAudit, person: Person, password: str, asker: Asker
) -> SignedIn:
    """Let the person be known by this password, in place of an earlier one. Their sign-in gets another
    secret, all others of theirs end. Raises a 422 Problem that names `password` if it can't be one."""
    fault = await HASHES.run(passwords.find_fault, password, person.email)
    if fault is not None:
        raise invalid("password", _FAULTS[fault], fault=fault.value)
    kept = await HASHES.run(passwords.hash_password, password)

    def change(connection: Connection) -> SignedIn:
        require_live(connection, person.sign_in.id)
        credentials.set_password(connection, person.sign_in.user_id, kept, asker.now_us)
        return _changed(connection, audit, person, "password_set", asker)

    return await database.write(change)


async def forget_password(
    database: Database, audit: AccountAudit, person: Person, asker: Asker
) -> SignedIn:
    """Let the person be known by passkeys and links alone; the rest as for `set_password`."""

    def change(connection: Connection) -> SignedIn:
        require_live(connection, person.sign_in.id)
        credentials.forget_password(connection, person.sign_in.user_id)
        return _changed(connection, audit, person, "password_removed", asker)

    return await database.write(change)


def _changed(
    connection: Connection, audit: AccountAudit, person: Person, what: str, asker: Asker
) -> SignedIn:
    sign_in = person.sign_in
    audit.note(connection, asker, what, sign_in.user_id, sign_in.organization_id)
    return begin_anew(connection, sign_in, asker.now_us)
