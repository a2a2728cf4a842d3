"""Give a link a password, another one, or none. Each is a new rotation of the link: sessions, playback URLs,
streams and unlocks of before end, and its address stays."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.model.password import hash_password
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import Share
from listenlink.model.terms import AskedTerms, Terms
from listenlink.model.unlock import as_hashed
from listenlink.store import sealed_tokens, share_passwords
from listenlink.threads import NEW_LINK_HASHES


async def hash_asked(asked: AskedTerms) -> str | None:
    """The hash of the password that is asked for, None if none is. It's made before the transaction, which
    every open waits for. Raises a 422 Problem as `Terms.changed` does."""
    password = asked.get("password")
    if password is None:
        return None
    Terms().changed({"password": password}, 0)
    return await NEW_LINK_HASHES.run(hash_password, as_hashed(password))


def turn_lock(
    connection: Connection, sealer: TokenSealer, share: Share, hashed: str | None
) -> dict[str, int]:
    """Keep the hash in place of what the link had, and its address sealed for the next rotation; return what
    changes in the link's row by that. An address whose key is lost can't be shown any more."""
    rotation = share.rotation + 1
    share_passwords.keep_password(connection, share.id, hashed)
    sealed = sealed_tokens.find_sealed(connection, share.id)
    token = None if sealed is None else sealer.unseal(sealed, share.id, share.rotation)
    anew = None if token is None else sealer.seal(token, share.id, rotation)
    sealed_tokens.keep_sealed(connection, share.id, anew)
    return {"rotation": rotation}
