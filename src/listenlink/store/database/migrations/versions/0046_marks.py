"""How much of a recording a machine made, and who says so."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Of what is there nothing is known yet: what its engine says and what its file says is found out afterwards.
_OF_TRACKS = """
INSERT INTO track_marks (track_id, version, organization_id, audio_id, made_with)
SELECT id, version, organization_id, audio_id, engine FROM tracks WHERE versions IS NULL
"""
_OF_VERSIONS = """
INSERT INTO track_marks (track_id, version, organization_id, audio_id, made_with)
SELECT t.id, v.number, t.organization_id, v.audio_id, v.engine
FROM track_versions v JOIN tracks t ON t.id = v.track_id WHERE v.audio_id IS NOT NULL
"""


def upgrade() -> None:
    """A row for each version of each track; engines may say it."""
    op.add_column("engine_terms", sa.Column("ai", sa.SmallInteger(), nullable=True))
    _make_marks()
    op.create_table(
        "manifests",
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ai", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("recipe", sa.LargeBinary(), nullable=True),
        sa.Column("embedded_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("embedded_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("embedded_crc32", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_manifests_track_id")),
        sa.PrimaryKeyConstraint("track_id", "version", name=op.f("pk_manifests")),
    )
    op.execute(_OF_TRACKS)
    op.execute(_OF_VERSIONS)


def _make_marks() -> None:
    op.create_table(
        "track_marks",
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("audio_id", _KEY, nullable=False),
        sa.Column("made_with", sa.String(64), nullable=False),
        _ai("by_engine"),
        sa.Column("engine", sa.String(64), nullable=True),
        _ai("by_creator"),
        _ai("by_file"),
        sa.Column("file_says", sa.String(256), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_track_marks_track_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_track_marks_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["audio_id"], ["audio_objects.id"], name=op.f("fk_track_marks_audio_id")
        ),
        sa.PrimaryKeyConstraint("track_id", "version", name=op.f("pk_track_marks")),
    )
    op.create_index(
        op.f("ix_track_marks_audio_id_organization_id"),
        "track_marks",
        ["audio_id", "organization_id"],
    )
    op.create_index(
        op.f("ix_track_marks_made_with_by_engine"), "track_marks", ["made_with", "by_engine"]
    )
    is_unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_track_marks_unread",
        "track_marks",
        ["track_id"],
        sqlite_where=is_unread,
        postgresql_where=is_unread,
    )


def _ai(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
