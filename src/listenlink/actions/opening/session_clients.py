"""How many clients one session may be renewed from, where the operator bounds that (record 0058).

`max_opens` bounds opens. Whoever opened may hand the session on, and each who has it gets playback URLs by
it: this bounds how many do. It's in the database, so that it's the same for all nodes and after a restart.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import Connection

from listenlink.clock import SECOND_US
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.signing import SigningKey, derive
from listenlink.store import session_clients
from listenlink.store.database.database import Database

PURPOSE = "listenlink.session-clients.v1"
_PSEUDONYM_BYTES = 16


class SessionClients:
    """The first `most` clients, as limits know them, that renew a session may go on renewing it, and no other
    may. `secrets` make their pseudonyms, the first new ones; any of them is recognised, so that replacing the
    signing keys shuts nobody out."""

    def __init__(self, database: Database, most: int, secrets: Sequence[bytes]) -> None:
        self._database = database
        self._most = most
        self._secrets = secrets

    async def admits(self, session: ListenSession, client: ClientAddress) -> bool:
        """Whether this client is or becomes one of the session's. Raises Problem(UNAVAILABLE)."""
        trace = session.open_trace
        names = [_name(secret, trace, client) for secret in self._secrets]

        def find(connection: Connection) -> bool | None:
            """None if it isn't one yet, and may become one."""
            there = session_clients.list_clients(connection, trace)
            if not set(there).isdisjoint(names):
                return True
            return None if len(there) < self._most else False

        def find_or_add(connection: Connection) -> bool:
            found = find(connection)
            if found is None:
                ends_at = session.ends_at * SECOND_US
                session_clients.add_client(connection, trace, names[0], ends_at)
            return found is not False

        # Mostly it's known already, which is found without the lock that every open needs.
        found = await self._database.read(find)
        return await self._database.write(find_or_add) if found is None else found


def bound_sessions(
    database: Database, most: int, ring: Sequence[SigningKey]
) -> SessionClients | None:
    """What bounds the clients of a session to `most`; None if nothing does. Nodes whose rings differ for a
    moment make pseudonyms with the same key for as long as possible."""
    keys = sorted(ring, key=lambda key: key.key_id)
    secrets = [derive(key.root, PURPOSE) for key in keys]
    return SessionClients(database, most, secrets) if most else None


def _name(secret: bytes, open_trace: int, client: ClientAddress) -> bytes:
    """Of this client in this session alone: nobody's sessions can be told to be the same person's."""
    text = f"{open_trace:016x}.{client.number:x}"
    return hmac.digest(secret, text.encode(), "sha256")[:_PSEUDONYM_BYTES]
