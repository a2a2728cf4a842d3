"""Creators declare what may be done with their music."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing has been declared: what people recorded themselves is to be listened to only."""
    op.create_table(
        "declarations",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("track_id", _KEY, nullable=True),
        sa.Column("terms", sa.String(32), nullable=False),
        sa.Column("attribution_text", sa.String(512), nullable=True),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_declarations_organization_id"),
        ),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_declarations_track_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_declarations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
    )
    for column in ("track_id", "user_id"):
        op.create_index(
            op.f(f"ix_declarations_organization_id_{column}_created_at"),
            "declarations",
            ["organization_id", column, "created_at"],
        )
    op.add_column("tracks", sa.Column("declared", sa.String(1024), nullable=True))
