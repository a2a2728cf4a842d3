"""A track may have had other audio before, and a link may stay with what it was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Every track has its first version; every link follows."""
    op.create_table(
        "track_versions",
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audio_id", _KEY, nullable=True),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("is_shorter_than_declared", sa.Boolean(), nullable=False),
        sa.Column("stamp_class", sa.String(32), nullable=False),
        sa.Column("stamp_version", sa.String(32), nullable=False),
        sa.Column("stamp_requires_attribution", sa.Boolean(), nullable=False),
        sa.Column("stamp_attribution_text", sa.String(512), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name=op.f("fk_track_versions_track_id")
        ),
        sa.ForeignKeyConstraint(
            ["audio_id"], ["audio_objects.id"], name=op.f("fk_track_versions_audio_id")
        ),
        sa.PrimaryKeyConstraint("track_id", "number", name=op.f("pk_track_versions")),
    )
    op.create_index(op.f("ix_track_versions_audio_id"), "track_versions", ["audio_id"])
    op.add_column(
        "tracks", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("tracks", sa.Column("versions", sa.Text(), nullable=True))
    op.add_column(
        "shares",
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
