"""How many one-time links were mailed lately, for whom and to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """None was."""
    op.create_table(
        "mailed_links",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=True),
        sa.Column("reader", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_links")),
    )
    for columns in (["organization_id", "at"], ["reader", "at"], ["at"]):
        op.create_index(op.f(f"ix_mailed_links_{'_'.join(columns)}"), "mailed_links", columns)
