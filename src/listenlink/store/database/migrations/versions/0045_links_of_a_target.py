"""A person's links to one track, or to one collection, are found without going through all that they made."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Two indexes that nothing which opens a link writes to."""
    for target in ("track_id", "collection_id"):
        is_there = sa.text(f"{target} IS NOT NULL")
        op.create_index(
            f"ix_shares_to_{target.removesuffix('_id')}",
            "shares",
            [target, "organization_id", "creator_id", "created_at", "id"],
            sqlite_where=is_there,
            postgresql_where=is_there,
        )
