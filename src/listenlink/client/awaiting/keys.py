"""The client's methods for API keys: one's own, for a key with the scope `admin`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from listenlink.client.awaiting.owner import Owner
from listenlink.wire import Key, MintedKey
from listenlink.wire.bodies import Scope


class KeyMethods(Owner):
    """Methods for your own API keys in the organisation."""

    def keys(self) -> AsyncIterator[Key]:
        """All your keys, newest first, those that are over too. None tells the key itself."""
        return self.listed(Key, "keys")

    async def make_key(
        self,
        scopes: Sequence[Scope],
        *,
        expires_in_days: int | None = None,
        idempotency_key: str | None = None,
    ) -> MintedKey:
        """Make a key with these scopes, none of which the client's own lacks. It ends no later than that one,
        and is told this once."""
        sent = {"scopes": list(scopes), "expires_in_days": expires_in_days}
        return await self.make(await self.path_of("keys"), MintedKey, idempotency_key, json=sent)

    async def change_key(self, key_id: str, *, expires_in_days: int | None) -> Key:
        """Have a key end so many days from now; None as late as the client's own key does."""
        sent = {"expires_in_days": expires_in_days}
        return await self.ask("PATCH", await self.path_of("keys", key_id), Key, json=sent)

    async def end_key(self, key_id: str) -> None:
        """Switch a key off, at once and for good; it may be the client's own."""
        await self.remove(await self.path_of("keys", key_id))

    async def end_member_keys(self, user_id: str) -> None:
        """Switch off all keys of a member of the organisation, as an owner of it, at once and for good."""
        await self.remove(await self.path_of("members", user_id, "keys"))
