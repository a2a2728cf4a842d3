"""A link's address can be shown again: its token, sealed, beside its digest."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Links that were made before have none: they can't be shown again, until they get a new address."""
    op.create_table(
        "sealed_tokens",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["share_id"], ["shares.id"], name=op.f("fk_sealed_tokens_share_id")
        ),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_sealed_tokens")),
    )
