"""An instance has an id of its own, by which its backups are told from others', and says where it was moved."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """One row: whoever has none yet gets an id now."""
    made = op.create_table(
        "instance",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.bulk_insert(made, [{"id": secrets.token_hex(16), "moved_to": None}])
