"""How far tracks were heard, downloads, and what each day's opens were asked with."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DAY_US = 86_400_000_000
# By their numbers in the audit.
_KINDS = {"unknown": 0, "person": 1, "unfurler": 2, "program": 3}
_COLUMNS = ", ".join(f"{kind}_opens" for kind in _KINDS)
_ADDED = ", ".join(
    f"{kind}_opens = open_days.{kind}_opens + excluded.{kind}_opens" for kind in _KINDS
)

# Lines that are in the days already, and that no sum of their day has. 1 is the outcome of an open.
_OF_LINES = f"""
INSERT INTO open_days (share_id, day, opens, {_COLUMNS})
SELECT a.share_id, a.at / {_DAY_US}, count(*),
    {", ".join(f"count(*) FILTER (WHERE a.agent = {number})" for number in _KINDS.values())}
FROM audit a LEFT JOIN share_days d ON d.share_id = a.share_id AND d.day = a.at / {_DAY_US}
WHERE a.id <= (SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = 'days_added_up')
  AND a.id > coalesce(d.summed_to, 0) AND a.outcome = 1 AND a.share_id IS NOT NULL
GROUP BY a.share_id, a.at / {_DAY_US}
ON CONFLICT (share_id, day) DO UPDATE SET {_ADDED}
"""  # noqa: S608 (made of constants)
# Of lines that are gone, their days' sums say it.
_OF_SUMS = f"""
INSERT INTO open_days (share_id, day, opens, {_COLUMNS})
SELECT share_id, day, opens, {_COLUMNS} FROM share_days WHERE opens > 0
ON CONFLICT (share_id, day) DO UPDATE SET {_ADDED}
"""  # noqa: S608 (made of constants)

_KEEP_DOWNLOADS = """
CREATE FUNCTION keep_downloads(
    found_turn bigint, granted bigint[], counts bigint[],
    at_ bigint[], outcome_ integer[], reason_ integer[], share_ bigint[], trace_ bigint[],
    client_ bigint[], agent_ integer[], referrer_ text[],
    l_client bigint[], l_minute bigint[], l_reason integer[], l_at bigint[], l_trace bigint[],
    l_agent integer[], l_count bigint[],
    d_share bigint[], d_day integer[], d_track bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT keep_opens(
        found_turn, granted, counts, at_, outcome_, reason_, share_, trace_, client_, agent_, referrer_,
        l_client, l_minute, l_reason, l_at, l_trace, l_agent, l_count
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO track_days AS t (share_id, day, track_id, downloads)
    SELECT d.share_id, d.day, d.track_id, count(*)
    FROM unnest(d_share, d_day, d_track) d(share_id, day, track_id)
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (share_id, day, track_id) DO UPDATE SET downloads = t.downloads + excluded.downloads;
    RETURN true;
END $$
"""


def upgrade() -> None:
    """Add the tables, and to the opens of each day what they were asked with, as far as that is known."""
    op.create_table(
        "heard",
        sa.Column("open_trace", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("share_id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("open_trace", "track_id", name=op.f("pk_heard")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_heard_at"), "heard", ["at"])
    op.create_table(
        "track_days",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        *(_count(name) for name in ("downloads", "quarter", "half", "three_quarters", "whole")),
        sa.PrimaryKeyConstraint("share_id", "day", "track_id", name=op.f("pk_track_days")),
        sqlite_with_rowid=False,
    )
    for kind in ("person", "program", "unfurler", "unknown"):
        op.add_column("open_days", _count(f"{kind}_opens"))
    op.execute(_OF_LINES)
    op.execute(_OF_SUMS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_KEEP_DOWNLOADS)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
