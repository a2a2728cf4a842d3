"""Open a share link: limit, one transaction, answer. This is what the program exists for.

`LinkOpener.open` is one request. The transaction, for all requests of one moment, is
`actions/opening/transaction.py`.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from listenlink.actions.opening.rule import LIMIT_REASONS, limited_opening
from listenlink.actions.opening.rule import Opening as Opening
from listenlink.actions.opening.rule import OpenRequest as OpenRequest
from listenlink.actions.opening.rule import is_unmeant as is_unmeant
from listenlink.actions.opening.session_clients import SessionClients
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.actions.opening.unlocking import LinkUnlocker, TriedTooOften
from listenlink.model.audit import Outcome, Reason
from listenlink.model.budget import Budget, Shortage
from listenlink.model.listen_session import ListenSession
from listenlink.model.unlock import Unlock
from listenlink.store.opening.group_queue import GroupQueue

_RESOLVE = Budget.RESOLVE


class LinkOpener:
    """Opens links for one process, with its limits and its queue to the database. `renewing` bounds how many
    clients renew one session, if anything does."""

    def __init__(
        self,
        keeper: OpenKeeper,
        queue: GroupQueue[OpenRequest | None, Opening | None],
        renewing: SessionClients | None = None,
    ) -> None:
        self._renewing = renewing
        self._keeper = keeper
        self._limits = keeper.limits
        self._limited = keeper.limited
        # Decides passwords of links; given where the parts are put together.
        self.unlocker: LinkUnlocker | None = None
        self.queue = queue
        self.outcomes: Counter[tuple[Outcome, Reason | None]] = Counter()

    def is_spent(self, asked: OpenRequest) -> bool:
        """Whether the request is limited whatever it asks for, so that nothing need be looked up for it."""
        client, tick_us = asked.client, asked.tick_us
        if not self._limits.is_spent(_RESOLVE, client.number, tick_us):
            return False
        return not (asked.visit and self._limits.admits(asked.visit, client.number, tick_us))

    async def open(self, asked: OpenRequest) -> Opening:
        """Open one link. By the time this returns, the open is counted and in the audit.

        Raises Problem(UNAVAILABLE) if that can't be made durable; then nothing was counted. And
        Problem(LIMITED) if it came with a password, and the client has tried too many.
        """
        client, tick_us = asked.client, asked.tick_us
        if self.is_spent(asked):
            left = self._limits.peek(_RESOLVE, client.number, tick_us)
            opening = limited_opening(Shortage(_RESOLVE, left))
        else:
            if asked.session is not None and self._renewing is not None:
                asked = await self._of_few(asked, asked.session, self._renewing)
            unlock = None
            if asked.password:
                asked, unlock = await self._decide_password(asked)
            opening = await self.queue.submit(asked) or Opening(Outcome.REFUSED)
            if unlock is not None and opening.outcome not in (Outcome.REFUSED, Outcome.LIMITED):
                opening.unlock = unlock
        if opening.shortage is not None:
            reason = LIMIT_REASONS[opening.shortage.budget]
            if self._limited.add(client, reason, asked.now_us, asked.trace, asked.agent):
                await self.write_limited()
        self.outcomes[opening.outcome, opening.reason] += 1
        return opening

    async def _decide_password(self, asked: OpenRequest) -> tuple[OpenRequest, Unlock | None]:
        """The request without its password, and what that was worth if it was right. Raises Problem(LIMITED)
        once the client has tried too often, which is in the audit as other 429s are."""
        assert self.unlocker is not None  # noqa: S101 (app.py gives it)
        try:
            decided = await self.unlocker.decide(asked)
        except TriedTooOften:
            reason = Reason.PASSWORD_LIMIT
            if self._limited.add(asked.client, reason, asked.now_us, asked.trace, asked.agent):
                await self.write_limited()
            self.outcomes[Outcome.LIMITED, reason] += 1
            raise
        return decided, None if decided.unlock is asked.unlock else decided.unlock

    async def _of_few(
        self, asked: OpenRequest, session: ListenSession, renewing: SessionClients
    ) -> OpenRequest:
        """The request, refused if it would get playback URLs by a session that enough others renew."""
        if not (asked.counts or asked.mints) or await renewing.admits(session, asked.client):
            return asked
        return msgspec.structs.replace(asked, is_one_too_many=True)

    async def write_limited(self) -> None:
        """Write the waiting counts of limited requests (429s), if there are any."""
        if self._limited.has_pending:
            await self.queue.submit(None)

    def close(self) -> None:
        """Close the queue, and what its batches keep."""
        self.queue.close()
        self._keeper.close()
