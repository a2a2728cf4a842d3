"""Begun uploads promise their bytes, and organisations have quotas of what they store."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Each track counts its file and what was made of it; what has begun promises nothing until it goes on."""
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("counted_bytes", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("object_place", sa.String(length=64), nullable=True),
        sa.Column("is_resumable", sa.Boolean(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_promises_organization_id_user_id"), "promises", ["organization_id", "user_id"]
    )
    op.create_index(op.f("ix_promises_ends_at"), "promises", ["ends_at"])
    op.execute(
        "INSERT INTO promises (id, organization_id, user_id, size_bytes, counted_bytes, place, is_resumable,"
        " begun_at, ends_at)"
        " SELECT id, organization_id, user_id, size_bytes, size_bytes, '', true, created_at, created_at"
        " FROM resumable_uploads WHERE track_id IS NULL"
    )
    op.create_table(
        "quotas",
        sa.Column(
            "organization_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("most_bytes", sa.BigInteger(), nullable=True),
        sa.Column("most_tracks", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_quotas")),
    )
    op.add_column(
        "tracks",
        sa.Column("counted_bytes", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.execute(
        "UPDATE tracks SET counted_bytes = (SELECT a.size_bytes + coalesce(a.rendition_size_bytes, 0)"
        " FROM audio_objects a WHERE a.id = tracks.audio_id)"
    )
    op.create_index(
        op.f("ix_tracks_organization_id_removed_at_counted_bytes"),
        "tracks",
        ["organization_id", "removed_at", "counted_bytes"],
    )
