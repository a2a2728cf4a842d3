"""Opens by link and day are added up, so that the desk tells those of the last days without reading the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DAY_US = 86_400_000_000
# Lines above that are added up by whoever serves. 1 is the outcome of an open.
_COUNTED = "(SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = 'added_up')"
_ADD_UP = f"""
INSERT INTO open_days (share_id, day, opens)
SELECT share_id, at / {_DAY_US}, count(*) FROM audit
WHERE id <= {_COUNTED} AND outcome = 1 AND share_id IS NOT NULL
GROUP BY share_id, at / {_DAY_US}
"""  # noqa: S608 (made of constants)
_NOTE = f"INSERT INTO audit_progress (name, audit_id) SELECT 'days_added_up', {_COUNTED}"


def upgrade() -> None:
    """Add the table, with what is counted until now."""
    op.create_table(
        "open_days",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "day", name=op.f("pk_open_days")),
        sqlite_with_rowid=False,
    )
    op.execute(_ADD_UP)
    op.execute(_NOTE)
