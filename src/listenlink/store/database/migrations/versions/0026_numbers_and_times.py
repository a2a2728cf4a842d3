"""Numbers of the audit are never given twice, days are summed up by number, and links have times that can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Opens below the mark that were never counted: their lines had numbers that deleted ones had had before.
_MISSED = """
SELECT a.share_id, a.id, a.at, a.outcome
FROM audit a LEFT JOIN audit_by_share b ON b.share_id = a.share_id AND b.audit_id = a.id AND b.at = a.at
WHERE a.share_id IS NOT NULL AND b.audit_id IS NULL
  AND a.id <= (SELECT audit_id FROM audit_progress WHERE name = 'added_up')
"""
_COUNT_MISSED = f"""
UPDATE shares SET opens = shares.opens + missed.opens
FROM (SELECT m.share_id, count(*) AS opens FROM ({_MISSED}) m JOIN shares s ON s.id = m.share_id
      WHERE m.outcome = 1 AND m.id > s.counted_to GROUP BY m.share_id) missed
WHERE shares.id = missed.share_id AND shares.max_opens IS NULL
"""  # noqa: S608 (made of constants)
_INDEX_MISSED = f"""
INSERT INTO audit_by_share (share_id, audit_id, at) SELECT m.share_id, m.id, m.at FROM ({_MISSED}) m
"""  # noqa: S608
_NEWEST_LINE = """
INSERT INTO audit_progress (name, audit_id)
SELECT 'last_line', max((SELECT coalesce(max(id), 0) FROM audit),
    (SELECT coalesce(max(counted_to), 0) FROM shares),
    (SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = 'added_up'))
"""
_NEWEST_CLIENT = """
INSERT INTO audit_progress (name, audit_id) SELECT 'last_client', coalesce(max(id), 0) FROM clients
"""
# The first row that is deleted above the number that is noted notes the newest; those after it only look.
_TRIGGER = """
CREATE TRIGGER keep_{name} BEFORE DELETE ON {table}
WHEN old.id > coalesce((SELECT audit_id FROM audit_progress WHERE name = '{name}'), 0)
BEGIN
    INSERT INTO audit_progress (name, audit_id) SELECT '{name}', max(id) FROM {table} WHERE true
    ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id;
END
"""

# Epoch µs of 1970-01-01, and of the last second of the year 9999: what is beyond can't be told.
_FIRST, _LAST = 0, 253_402_300_799_000_000
_TIMES = {
    "shares": ("starts_at", "expires_at", "revoked_at", "created_at"),
    "api_keys": ("expires_at", "deactivated_at", "created_at"),
    "tracks": ("created_at", "removed_at"),
    "collections": ("created_at", "updated_at", "removed_at"),
    "collection_tracks": ("added_at",),
    "library": ("created_at",),
    "users": ("created_at",),
    "organizations": ("created_at",),
    "memberships": ("created_at",),
}


def upgrade() -> None:
    """Sums are as they were told until now; times that can't be told become the nearest that can be."""
    op.create_table(
        "numbered_days",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", _KEY, nullable=False),
        sa.Column("client", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_numbered_days")),
    )
    op.add_column(
        "share_days",
        sa.Column(
            "summed_to",
            sa.BigInteger(),
            server_default=sa.text("9223372036854775807"),
            nullable=False,
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_COUNT_MISSED)
        op.execute(_INDEX_MISSED)
        op.execute(_NEWEST_LINE)
        op.execute(_NEWEST_CLIENT)
        op.execute(_TRIGGER.format(name="last_line", table="audit"))
        op.execute(_TRIGGER.format(name="last_client", table="clients"))
    # What such a day's lines came to was told as final, and any that came later wasn't told.
    op.execute("UPDATE share_days SET summed_to = (SELECT coalesce(max(id), 0) FROM audit)")
    for table, columns in _TIMES.items():
        for column in columns:
            op.execute(f"UPDATE {table} SET {column} = {_FIRST} WHERE {column} < {_FIRST}")  # noqa: S608
            op.execute(f"UPDATE {table} SET {column} = {_LAST} WHERE {column} > {_LAST}")  # noqa: S608
