"""What all links of a user's to one track, or to one collection, come to: each in numbers.

No line of the audit is read but those that aren't added up yet, which are few or about to be: the sums of
days hold all others. So this takes as long as there are links and days with anything on them.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

from listenlink.model.audit import Agent, Outcome
from listenlink.model.link_sums import Agents, LinkNumbers, Quarters
from listenlink.model.owner import Owner
from listenlink.model.share import TargetType
from listenlink.store.audit import open_counts, open_days
from listenlink.store.audit.progress import waits

_OPENED = int(Outcome.OPENED)
_THEIRS = "s.organization_id = :organization AND s.creator_id = :creator AND s.{target} = :target"
_LINKS = f"SELECT s.id, s.opens, s.counted_to, s.max_opens FROM shares s WHERE {_THEIRS}"  # noqa: S608
# Of all links, whosever: joined here, because before a database has counted its rows, it may go through all
# lines for each link.
_WAITING = text(f"""
SELECT share_id, agent, count(*) FROM audit
WHERE {waits(mark=":mark")} AND outcome = {_OPENED} AND share_id IS NOT NULL GROUP BY share_id, agent
""")  # noqa: S608 (made of constants)
_WAITING_OF = text(f"""
SELECT count(*) FROM audit WHERE {waits(mark=":mark")} AND outcome = {_OPENED} AND share_id = :share
""")  # noqa: S608
# CROSS JOIN makes the embedded database start from what is named first.
_BY_AGENT = f"""
SELECT d.share_id, {", ".join(f"sum(d.{name})" for name in open_days.BY_AGENT)}
FROM shares s CROSS JOIN open_days d WHERE {_THEIRS} AND d.share_id = s.id GROUP BY d.share_id
"""  # noqa: S608
_LISTENS = f"""
SELECT l.share_id, count(*) FROM shares s CROSS JOIN listens l
WHERE {_THEIRS} AND l.share_id = s.id GROUP BY l.share_id
"""  # noqa: S608
_TRACK_DAYS = f"""
SELECT d.share_id, sum(d.downloads), {", ".join(f"sum(d.{name})" for name in Quarters._fields)}
FROM shares s CROSS JOIN track_days d WHERE {_THEIRS} AND d.share_id = s.id GROUP BY d.share_id
"""  # noqa: S608

_AGENTS = [Agent[kind.upper()] for kind in Agents._fields]
_NOTHING = (0, *Quarters())


def sum_links(
    connection: Connection, whose: Owner, target: tuple[TargetType, int]
) -> dict[int, LinkNumbers]:
    """Return what each of the user's links to this target comes to, as of this moment, by its number."""
    kind, number = target
    column = "track_id" if kind is TargetType.TRACK else "collection_id"
    asked = {"organization": whose.organization_id, "creator": whose.user_id, "target": number}

    def count(sql: str) -> dict[int, tuple[int, ...]]:
        rows = connection.execute(text(sql.format(target=column)), asked)
        return {share_id: tuple(map(int, counts)) for share_id, *counts in rows}

    opens = _find_opens(connection, column, asked)
    by_agent, listens, days = count(_BY_AGENT), count(_LISTENS), count(_TRACK_DAYS)
    waiting = _find_waiting(connection, open_counts.find_mark(connection, open_days.MARK))
    numbers = {}
    for share_id, opened in opens.items():
        lines, added_up = waiting.get(share_id, Counter()), by_agent.get(share_id, (0,) * 4)
        downloads, *quarters = days.get(share_id, _NOTHING)
        agents = (one + lines[agent] for one, agent in zip(added_up, _AGENTS, strict=True))
        (listened,) = listens.get(share_id, (0,))
        numbers[share_id] = LinkNumbers(
            opened, listened, downloads, Quarters(*quarters), Agents(*agents)
        )
    return numbers


def _find_opens(connection: Connection, column: str, asked: dict[str, int]) -> dict[int, int]:
    """How often each was opened; as `open_counts.find_opens`, of any number of links."""
    mark = open_counts.find_mark(connection)
    waiting = _find_waiting(connection, mark)
    opens = {}
    for share_id, opened, counted_to, most in connection.execute(
        text(_LINKS.format(target=column)), asked
    ):
        lines = waiting.get(share_id, Counter()).total() if most is None else 0
        if lines and counted_to > mark:
            # It had a limit a moment ago, and some of these were counted then.
            since = {"mark": counted_to, "share": share_id}
            lines = int(connection.execute(_WAITING_OF, since).scalar_one())
        opens[share_id] = opened + lines
    return opens


def _find_waiting(connection: Connection, mark: int) -> dict[int, Counter[int]]:
    """The opens in the lines above this one: of each link, by what asked."""
    waiting: dict[int, Counter[int]] = {}
    for share_id, agent, lines in connection.execute(_WAITING, {"mark": mark}):
        waiting.setdefault(share_id, Counter())[agent] = lines
    return waiting
