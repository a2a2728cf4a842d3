"""What was heard, as players report it: listens, and how far a track was heard, each once for each open and
track."""

from __future__ import annotations

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US
from listenlink.model.link_sums import Quarters
from listenlink.model.versions import FIRST

_GONE_PER_STEP = 5000

_FIND = text(
    "SELECT quarter, at, version FROM heard WHERE open_trace = :trace AND track_id = :track"
)
_BEGIN = text(
    "INSERT INTO heard (open_trace, track_id, share_id, at, quarter, version) "
    "VALUES (:trace, :track, :share, :at, :quarter, :version)"
)
_RAISE = text(
    "UPDATE heard SET quarter = :quarter, version = :version "
    "WHERE open_trace = :trace AND track_id = :track"
)
# By quarter: what counts one that reached it.
_COUNT = [
    text(f"""
    INSERT INTO track_days (share_id, day, track_id, version, {name})
    VALUES (:share, :day, :track, :version, 1)
    ON CONFLICT (share_id, day, track_id, version) DO UPDATE SET {name} = track_days.{name} + 1
    """)  # noqa: S608 (made of constants)
    for name in Quarters._fields
]
_LEAVE = [
    text(f"""
    UPDATE track_days SET {name} = {name} - 1
    WHERE share_id = :share AND day = :day AND track_id = :track AND version = :version
    """)  # noqa: S608 (made of constants)
    for name in Quarters._fields
]
_FORGET = text("""
DELETE FROM heard WHERE (open_trace, track_id) IN (
    SELECT open_trace, track_id FROM heard WHERE at < :before LIMIT :most)
""")


def add_listen(
    connection: Connection,
    open_trace: int,
    track_id: int,
    share_id: int,
    at_us: int,
    version: int = FIRST,
) -> None:
    """Record one listen to this version; recording it again changes nothing."""
    connection.execute(
        text(
            "INSERT INTO listens (open_trace, track_id, share_id, at, version) "
            "VALUES (:trace, :track, :share, :at, :version) ON CONFLICT DO NOTHING"
        ),
        {
            "trace": open_trace,
            "track": track_id,
            "share": share_id,
            "at": at_us,
            "version": version,
        },
    )


def raise_quarter(
    connection: Connection,
    open_trace: int,
    track_id: int,
    share_id: int,
    at_us: int,
    quarter: int,
    version: int = FIRST,
) -> None:
    """Record that a quarter of this version was reached, 1 to 4; one that isn't further than what is recorded
    of the track, whichever version that was, changes nothing. What an open heard of a track stays on the day
    on which that was first reported.

    Runs in a writing transaction: who writes takes turns, so what is read here holds until it's changed.
    """
    pair = {"trace": open_trace, "track": track_id}
    found = connection.execute(_FIND, pair).one_or_none()
    if found is not None and found.quarter >= quarter:
        return
    begun_at = at_us if found is None else found.at
    counted = {"share": share_id, "day": begun_at // DAY_US, "track": track_id}
    if found is None:
        begun = pair | {"share": share_id, "at": at_us, "quarter": quarter, "version": version}
        connection.execute(_BEGIN, begun)
    else:
        connection.execute(_RAISE, pair | {"quarter": quarter, "version": version})
        connection.execute(_LEAVE[found.quarter - 1], counted | {"version": found.version})
    connection.execute(_COUNT[quarter - 1], counted | {"version": version})


def forget_heard(connection: Connection, before_us: int) -> int:
    """Delete some of what was first reported before this moment, whose sessions are over; return how many.
    Their sums stay. Call until it returns 0."""
    asked = {"before": before_us, "most": _GONE_PER_STEP}
    return connection.execute(_FORGET, asked).rowcount
