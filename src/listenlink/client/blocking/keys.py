# Written by scripts/write_blocking_client.py. Change client/awaiting/keys.py, then `make client`.
"""The client's methods for API keys: one's own, for a key with the scope `admin`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listenlink.client.blocking.owner import Owner
from listenlink.wire import Key, MintedKey
from listenlink.wire.bodies import Scope


class KeyMethods(Owner):
    """Methods for your own API keys in the organisation."""

    def keys(self) -> Iterator[Key]:
        """All your keys, newest first, those that are over too. None tells the key itself."""
        return self.listed(Key, "keys")

    def make_key(
        self,
        scopes: Sequence[Scope],
        *,
        expires_in_days: int | None = None,
        idempotency_key: str | None = None,
    ) -> MintedKey:
        """Make a key with these scopes, none of which the client's own lacks. It ends no later than that one,
        and is told this once."""
        sent = {"scopes": list(scopes), "expires_in_days": expires_in_days}
        return self.make(self.path_of("keys"), MintedKey, idempotency_key, json=sent)

    def change_key(self, key_id: str, *, expires_in_days: int | None) -> Key:
        """Have a key end so many days from now; None as late as the client's own key does."""
        sent = {"expires_in_days": expires_in_days}
        return self.ask("PATCH", self.path_of("keys", key_id), Key, json=sent)

    def end_key(self, key_id: str) -> None:
        """Switch a key off, at once and for good; it may be the client's own."""
        self.remove(self.path_of("keys", key_id))

    def end_member_keys(self, user_id: str) -> None:
        """Switch off all keys of a member of the organisation, as an owner of it, at once and for good."""
        self.remove(self.path_of("members", user_id, "keys"))
