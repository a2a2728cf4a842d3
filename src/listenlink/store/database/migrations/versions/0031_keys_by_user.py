"""A user's keys by age, so that listing them reads no other's."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """An index, as the other lists of what is somebody's have it."""
    op.create_index(
        op.f("ix_api_keys_organization_id_user_id_created_at_id"),
        "api_keys",
        ["organization_id", "user_id", "created_at", "id"],
    )
