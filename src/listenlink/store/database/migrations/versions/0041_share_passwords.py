"""A link may have a password."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No link has one."""
    op.create_table(
        "share_passwords",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("hashed", sa.String(256), nullable=False),
        sa.ForeignKeyConstraint(
            ["share_id"], ["shares.id"], name=op.f("fk_share_passwords_share_id")
        ),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_share_passwords")),
    )
    op.add_column(
        "shares",
        sa.Column("has_password", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
