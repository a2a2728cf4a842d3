"""The numbers of the audit's lines and clients: none is given twice, and they tell what was written when.

On the embedded database a table would number its next row after the newest that is left, so triggers (made by
the migrations) note the newest number before its row is deleted. PostgreSQL's sequences never go back.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US

# The names in `audit_progress` under which the triggers note the newest numbers.
LAST_LINE, LAST_CLIENT = "last_line", "last_client"
_NEXT = """
SELECT 1 + max(coalesce((SELECT max(id) FROM {table}), 0),
               coalesce((SELECT audit_id FROM audit_progress WHERE name = '{name}'), 0))
"""
NEXT_LINE = _NEXT.format(table="audit", name=LAST_LINE)
NEXT_CLIENT = _NEXT.format(table="clients", name=LAST_CLIENT)

# Of a clock that is a little ahead, nobody needs to know.
_AHEAD_DAYS = 2
_NOTE = text("""
INSERT INTO numbered_days (day, line, client)
SELECT :day, coalesce((SELECT max(id) FROM audit), 0), coalesce((SELECT max(id) FROM clients), 0)
WHERE true ON CONFLICT DO NOTHING
""")
_LIST = text("SELECT day, line, client FROM numbered_days ORDER BY day")
_FORGET = text("DELETE FROM numbered_days WHERE day < :day")
_MARK = text("""
SELECT min(mark) FROM (
    SELECT coalesce(max(audit_id), 0) AS mark FROM audit_progress WHERE name = 'added_up'
    UNION ALL SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = 'told') marks
""")


class TooOld(NamedTuple):
    """What retention deletes: whatever is from before `before_us`.

    And what is from `ahead_us` or later, so from a clock that was ahead, if its number is at most `line` (or
    `client`): so much was written when the last day that is too old was first looked at. No line above
    `mark` is deleted, because its open isn't counted yet, or nobody was told of it. Times in epoch µs, both
    at the beginning of a day.
    """

    before_us: int
    ahead_us: int
    line: int
    client: int
    mark: int

    @property
    def asked(self) -> dict[str, int]:
        """The parameters of `LINE_GOES`."""
        return {
            "before": self.before_us,
            "ahead": self.ahead_us,
            "line": self.line,
            "mark": self.mark,
        }


# Of a row `a` of the audit. Written once, because what is deleted must be what was summed up.
LINE_GOES = "(a.at < :before OR (a.at >= :ahead AND a.id <= :line)) AND a.id <= :mark"


def find_too_old(connection: Connection, today: int, kept_days: int) -> TooOld:
    """Note today's first numbers, and say what is too old today if `kept_days` before it are kept.

    Days count from the epoch. Runs in a writing transaction.
    """
    connection.execute(_NOTE, {"day": today})
    first_kept = today - kept_days
    days = [tuple(row) for row in connection.execute(_LIST)]
    over = [row for row in days if row[0] < first_kept]
    line = client = 0
    if over:
        # A day that isn't over yet knew fewer, if the clock was wrong when an older one was noted.
        kept = [row for row in days if row[0] >= first_kept]
        line = min(max(row[1] for row in over), *(row[1] for row in kept))
        client = min(max(row[2] for row in over), *(row[2] for row in kept))
        connection.execute(_FORGET, {"day": over[-1][0]})
    mark = int(connection.execute(_MARK).scalar_one())
    return TooOld(first_kept * DAY_US, (today + _AHEAD_DAYS) * DAY_US, line, client, mark)
