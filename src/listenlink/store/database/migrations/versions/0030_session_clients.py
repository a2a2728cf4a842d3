"""The clients that a session was renewed from, where the operator bounds how many there may be."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """A table that stays empty without the setting."""
    op.create_table(
        "session_clients",
        sa.Column("open_trace", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.LargeBinary(length=16), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("open_trace", "client", name=op.f("pk_session_clients")),
    )
    op.create_index(op.f("ix_session_clients_ends_at"), "session_clients", ["ends_at"])
