"""A request that asks the database several times gets an answer as soon as one that asks once."""

from __future__ import annotations

from contextlib import AbstractContextManager

from listenlink.store.database.database import BUSY_AFTER_SECONDS
from listenlink.store.database.errand import one_request


def bound_request() -> AbstractContextManager[None]:
    """All that is asked of the database in the block takes no longer than one call may, together."""
    return one_request(BUSY_AFTER_SECONDS)
