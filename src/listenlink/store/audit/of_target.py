"""What all links of a user's to one track, or to one collection, come to: each in numbers.

No line of the audit is read but those that aren't added up yet, which are few or about to be: the sums of
days hold all others. So this takes as long as there are links and days with anything on them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from listenlink.model.audit import Agent, Outcome
from listenlink.model.link_sums import Agents, LinkNumbers, Quarters
from listenlink.model.owner import Owner
from listenlink.model.share import TargetType
from listenlink.store.audit import open_counts, open_days

_OPENED = int(Outcome.OPENED)
_THEIRS = "s.organization_id = :organization AND s.creator_id = :creator AND s.{target} = :target"
_OPENS = f"SELECT s.id, s.opens FROM shares s WHERE {_THEIRS}"  # noqa: S608 (made of constants)
# CROSS JOIN makes the embedded database start from what is named first.
_OPENS_WAITING = f"""
SELECT a.share_id, count(*) FROM audit a CROSS JOIN shares s
WHERE a.id > ({open_counts.MARKED}) AND a.outcome = {_OPENED}
  AND s.id = a.share_id AND a.id > s.counted_to AND s.max_opens IS NULL AND {_THEIRS}
GROUP BY a.share_id
"""  # noqa: S608
_BY_AGENT = f"""
SELECT d.share_id, {", ".join(f"sum(d.{name})" for name in open_days.BY_AGENT)}
FROM shares s CROSS JOIN open_days d WHERE {_THEIRS} AND d.share_id = s.id GROUP BY d.share_id
"""  # noqa: S608
_BY_AGENT_WAITING = f"""
SELECT a.share_id, {
    ", ".join(
        f"count(*) FILTER (WHERE a.agent = {int(Agent[kind.upper()])})" for kind in Agents._fields
    )
}
FROM audit a CROSS JOIN shares s
WHERE a.id > ({open_counts.MARKED}) AND a.outcome = {_OPENED} AND s.id = a.share_id AND {_THEIRS}
GROUP BY a.share_id
"""  # noqa: S608
_LISTENS = f"""
SELECT l.share_id, count(*) FROM shares s CROSS JOIN listens l
WHERE {_THEIRS} AND l.share_id = s.id GROUP BY l.share_id
"""  # noqa: S608
_TRACK_DAYS = f"""
SELECT d.share_id, sum(d.downloads), {", ".join(f"sum(d.{name})" for name in Quarters._fields)}
FROM shares s CROSS JOIN track_days d WHERE {_THEIRS} AND d.share_id = s.id GROUP BY d.share_id
"""  # noqa: S608

_Counts = dict[int, tuple[int, ...]]


def sum_links(
    connection: Connection, whose: Owner, target: tuple[TargetType, int]
) -> dict[int, LinkNumbers]:
    """Return what each of the user's links to this target comes to, as of this moment, by its number."""
    kind, number = target
    column = "track_id" if kind is TargetType.TRACK else "collection_id"
    asked = {"organization": whose.organization_id, "creator": whose.user_id, "target": number}

    def count(sql: str, **more: Any) -> _Counts:
        rows = connection.execute(text(sql.format(target=column)), asked | more)
        return {share_id: tuple(map(int, counts)) for share_id, *counts in rows}

    opens, waiting = count(_OPENS), count(_OPENS_WAITING, name=open_counts.MARK)
    by_agent, by_agent_waiting = (
        count(_BY_AGENT),
        count(_BY_AGENT_WAITING, name=open_days.MARK),
    )
    listens, days = count(_LISTENS), count(_TRACK_DAYS)
    nobody, nothing = Agents(0, 0, 0, 0), (0, *Quarters())
    return {
        share_id: LinkNumbers(
            opened + waiting.get(share_id, (0,))[0],
            listens.get(share_id, (0,))[0],
            days.get(share_id, nothing)[0],
            Quarters(*days.get(share_id, nothing)[1:]),
            Agents(
                *map(
                    sum,
                    zip(
                        by_agent.get(share_id, nobody),
                        by_agent_waiting.get(share_id, nobody),
                        strict=True,
                    ),
                )
            ),
        )
        for share_id, (opened,) in opens.items()
    }
