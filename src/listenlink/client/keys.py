"""The client's methods for API keys: one's own, for a key with the scope `admin`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listenlink.client.owner import Owner, as_thing
from listenlink.wire import Key, MintedKey
from listenlink.wire.bodies import Scope


class KeyMethods(Owner):
    """Methods for your own API keys in the organisation."""

    def keys(self) -> Iterator[Key]:
        """All your keys, newest first, those that are over too. None tells the key itself."""
        return self.pages(self.path_of("keys"), Key)

    def make_key(self, scopes: Sequence[Scope], *, expires_in_days: int | None = None) -> MintedKey:
        """Make a key with these scopes, none of which the client's own lacks. It ends no later than that one,
        and is told this once."""
        sent = {"scopes": list(scopes), "expires_in_days": expires_in_days}
        return as_thing(self.post(self.path_of("keys"), json=sent), MintedKey)

    def change_key(self, key_id: str, *, expires_in_days: int | None) -> Key:
        """Have a key end so many days from now; None as late as the client's own key does."""
        sent = {"expires_in_days": expires_in_days}
        return as_thing(self.patch(self.path_of("keys", key_id), json=sent), Key)

    def end_key(self, key_id: str) -> None:
        """Switch a key off, at once and for good; it may be the client's own."""
        self.delete(self.path_of("keys", key_id))
