"""What Argon2id makes of links' passwords. It's read when a password was sent, and not by the open."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, text

from listenlink.model.share import CountedLife
from listenlink.store import tables
from listenlink.store.lives import COUNTED_LIFE

_PASSWORDS = tables.share_passwords
_FIND = text(
    f"SELECT {COUNTED_LIFE}, s.id, p.hashed FROM shares s "  # noqa: S608 (made of constants)
    "LEFT JOIN share_passwords p ON p.share_id = s.id WHERE s.token_digest = :digest"
)


class LockedLink(CountedLife, frozen=True):
    """A link with the hash of its password, None if it has none."""

    id: int
    hashed: str | None


def find_locked(connection: Connection, token_digest: bytes) -> LockedLink | None:
    """Return the link with this token, whatever state it's in."""
    row = connection.execute(_FIND, {"digest": token_digest}).one_or_none()
    return None if row is None else LockedLink(*row)


def keep_same(connection: Connection, share_ids: Sequence[int], hashed: str | None) -> None:
    """Keep this for each of these new links, made with one password; None keeps nothing."""
    if hashed is not None:
        rows = [{"share_id": number, "hashed": hashed} for number in share_ids]
        connection.execute(insert(_PASSWORDS), rows)


def keep_password(connection: Connection, share_id: int, hashed: str | None) -> None:
    """Keep this in place of what was kept for the link; None keeps nothing."""
    forget_passwords(connection, [share_id])
    if hashed is not None:
        connection.execute(insert(_PASSWORDS).values(share_id=share_id, hashed=hashed))


def forget_passwords(connection: Connection, share_ids: Collection[int]) -> None:
    """Destroy what is kept of the passwords of these links."""
    connection.execute(delete(_PASSWORDS).where(_PASSWORDS.c.share_id.in_(share_ids)))
