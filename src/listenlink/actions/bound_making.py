"""How many things of a kind a user may make within a day: each is a row, and rows stay."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.owner import Owner
from listenlink.store import made_things
from listenlink.store.made_things import Made

# Far more than anybody makes, and little enough that the rows of a year fit anywhere.
MOST_A_DAY = {
    Made.TRACK: 20_000,
    Made.LINK: 10_000,
    Made.COLLECTION: 2_000,
    Made.KEY: 1_000,
    Made.DECLARATION: 20_000,
    Made.VERSION: 10_000,
}
_RETRY_AFTER_SECONDS = 3600


def require_few(
    connection: Connection, made: Made, owner: Owner, now_us: int, more: int = 1
) -> None:
    """Raise a 429 Problem if the user, of an organisation, made too many of these within 24 hours for so many
    more."""
    most = MOST_A_DAY[made]
    if made_things.count_made(connection, made, owner, now_us - DAY_US, now_us) + more > most:
        raise Problem(
            ProblemKind.MADE_TOO_MANY,
            f"That's enough for a day: {most} {made.value} at most are made within 24 hours.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
            most=most,
        )
