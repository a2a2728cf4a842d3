"""Who asks to be signed in, as far as it's known, and the line that the audit of accounts gets of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.opening.pseudonyms import pseudonym_of
from listenlink.clock import DAY_US
from listenlink.model.client_address import ClientAddress
from listenlink.model.sign_in import browser_words
from listenlink.secret_keys import DayKeys
from listenlink.store import account_events
from listenlink.store.account_events import AccountEvent


@dataclass(frozen=True, slots=True)
class Asker:
    """A client, what its browser says it is, and the time in epoch µs. `secret` is that of the sign-in which
    the browser has already, if any: a new one takes its place."""

    client: ClientAddress
    user_agent: str
    now_us: int
    secret: str | None = None

    @property
    def browser(self) -> str:
        """Its browser in words."""
        return browser_words(self.user_agent)


class AccountAudit:
    """Writes who did what to an account, from where: the address as the audit of links names it."""

    def __init__(self, daily_keys: DayKeys) -> None:
        self._daily_keys = daily_keys

    def note(
        self,
        connection: Connection,
        asker: Asker,
        what: str,
        user_id: int | None,
        organization_id: int | None = None,
        about: str | None = None,
    ) -> None:
        """Append a line, in the transaction of what it tells of."""
        key = self._daily_keys.key_of(asker.now_us // DAY_US)
        event = AccountEvent(
            asker.now_us,
            what,
            organization_id,
            user_id,
            about,
            pseudonym_of(key, asker.client.full),
            asker.client.prefix,
        )
        account_events.add_event(connection, event)
