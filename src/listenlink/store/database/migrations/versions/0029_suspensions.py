"""An organisation can be suspended, and a user removed with the answers that are kept for them."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0027"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody is suspended. Whose the answers are that are there isn't known: they go within a day."""
    op.create_table(
        "suspensions",
        sa.Column("organization_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_suspensions_organization_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_suspensions")),
    )
    op.add_column("idempotent_answers", sa.Column("organization_id", _KEY, nullable=True))
    op.add_column("idempotent_answers", sa.Column("user_id", _KEY, nullable=True))
