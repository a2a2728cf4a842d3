"""A bounded number of places, of which one client gets a part; whatever takes a while occupies one."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from listenlink.errors import Problem, ProblemKind

_RETRY_SECONDS = 10


class Places:
    """At most `most` are taken at once, `most_of_a_client` of them by one client. A client is identified
    by the number of its prefix (`model/client_address.py`)."""

    def __init__(self, most: int, most_of_a_client: int) -> None:
        self.most = most
        self._most_of_a_client = most_of_a_client
        self._by_client: Counter[int] = Counter()
        self.taken = 0

    def require(self, client: int) -> None:
        """Return if `take` would give a place now. Raises Problem(LIMITED) if the client has all that one
        client gets, and Problem(UNAVAILABLE) if all places are taken."""
        if self._by_client[client] >= self._most_of_a_client:
            raise Problem(ProblemKind.LIMITED, retry_after_seconds=_RETRY_SECONDS)
        if self.taken >= self.most:
            raise Problem(ProblemKind.UNAVAILABLE)

    @contextlib.contextmanager
    def take(self, client: int) -> Iterator[None]:
        """Hold a place while the block runs. Raises as `require` does."""
        self.require(client)
        self._by_client[client] += 1
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]
