"""What users are known by when they sign in: a password, and passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_PASSWORDS = tables.passwords
_PASSKEYS = tables.passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential of a user. `credential` is the attested credential data as the authenticator sent
    it, `signatures` its counter. Times in epoch µs."""

    id: int
    credential_id: bytes
    user_id: int
    credential: bytes
    signatures: int
    name: str
    made_at: int
    used_at: int | None = None


def find_password(connection: Connection, user_id: int) -> str | None:
    """Return the hash of the user's password, None if they have none."""
    return connection.execute(
        select(_PASSWORDS.c.hash).where(_PASSWORDS.c.user_id == user_id)
    ).scalar_one_or_none()


def find_by_email(connection: Connection, email: str) -> tuple[int, str | None] | None:
    """Return the number of the user with this address, ignoring case, and their password's hash, if any: one
    statement, whether there is such a user or not."""
    users = tables.users
    row = connection.execute(
        select(users.c.id, _PASSWORDS.c.hash)
        .outerjoin(_PASSWORDS, _PASSWORDS.c.user_id == users.c.id)
        .where(func.lower(users.c.email) == email.lower())
        .order_by(users.c.created_at)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.id, row.hash)


def set_password(connection: Connection, user_id: int, kept: str, now_us: int) -> None:
    """Keep this hash in place of what was kept."""
    forget_password(connection, user_id)
    connection.execute(insert(_PASSWORDS).values(user_id=user_id, hash=kept, set_at=now_us))


def forget_password(connection: Connection, user_id: int) -> None:
    """Let the user have none."""
    connection.execute(delete(_PASSWORDS).where(_PASSWORDS.c.user_id == user_id))


def add_passkey(connection: Connection, passkey: Passkey) -> int:
    """Insert it under a fresh number. Raises IntegrityError if somebody has this credential."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_PASSKEYS).values(
                id=number,
                credential_id=passkey.credential_id,
                user_id=passkey.user_id,
                credential=passkey.credential,
                signatures=passkey.signatures,
                name=passkey.name,
                made_at=passkey.made_at,
            )
        ),
    )


def find_passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """Return the passkey with this credential id."""
    row = connection.execute(
        select(_PASSKEYS).where(_PASSKEYS.c.credential_id == credential_id)
    ).one_or_none()
    return None if row is None else _passkey(row)


def list_passkeys(connection: Connection, user_id: int) -> list[Passkey]:
    """Return the user's passkeys, the oldest first."""
    rows = connection.execute(
        select(_PASSKEYS)
        .where(_PASSKEYS.c.user_id == user_id)
        .order_by(_PASSKEYS.c.made_at, _PASSKEYS.c.id)
    )
    return [_passkey(row) for row in rows]


def note_use(connection: Connection, passkey: Passkey, signatures: int, now_us: int) -> bool:
    """Note that it signed once more. False, with nothing changed, if it has gone or counted on meanwhile."""
    same = (_PASSKEYS.c.id == passkey.id) & (_PASSKEYS.c.signatures == passkey.signatures)
    done = connection.execute(
        update(_PASSKEYS).where(same).values(signatures=signatures, used_at=now_us)
    )
    return done.rowcount == 1


def remove_passkey(connection: Connection, user_id: int, passkey_id: int) -> bool:
    """Delete one of the user's passkeys; False if it isn't theirs."""
    theirs = (_PASSKEYS.c.id == passkey_id) & (_PASSKEYS.c.user_id == user_id)
    return connection.execute(delete(_PASSKEYS).where(theirs)).rowcount == 1


def forget_credentials(connection: Connection, user_id: int) -> None:
    """Delete the user's password and passkeys."""
    forget_password(connection, user_id)
    connection.execute(delete(_PASSKEYS).where(_PASSKEYS.c.user_id == user_id))


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        row.id,
        row.credential_id,
        row.user_id,
        row.credential,
        row.signatures,
        row.name,
        row.made_at,
        row.used_at,
    )
