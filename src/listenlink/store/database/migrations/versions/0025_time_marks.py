"""The highest time at which the instance was served is kept, so that a clock that is set back reopens nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No row yet: the first start makes it, of what it finds."""
    op.create_table(
        "time_marks",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", _KEY, nullable=False),
        sa.Column("unseen_us", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_time_marks")),
    )
