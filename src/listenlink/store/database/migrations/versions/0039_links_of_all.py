"""What an organisation's owners see: everybody's links, the newest first, and when keys were last used."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAME = "ix_shares_organization_id_created_at_id"


def upgrade() -> None:
    """An index that nothing which opens a link writes to, and a day beside each key that is used from now on."""
    op.create_index(_NAME, "shares", ["organization_id", "created_at", "id"])
    op.create_table(
        "api_key_uses",
        sa.Column("key_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_api_key_uses_key_id"),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_key_uses"),
    )
