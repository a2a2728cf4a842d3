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
    op.create_table(
        "share_attempts",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("share_id", _KEY, nullable=False),
        sa.Column("client", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["share_id"], ["shares.id"], name=op.f("fk_share_attempts_share_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_attempts")),
    )
    op.create_index(op.f("ix_share_attempts_share_id_at"), "share_attempts", ["share_id", "at"])
    op.create_index(op.f("ix_share_attempts_client_at"), "share_attempts", ["client", "at"])
    op.create_index(op.f("ix_share_attempts_at"), "share_attempts", ["at"])
