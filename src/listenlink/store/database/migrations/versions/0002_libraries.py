"""Libraries, what is made from audio, resumable uploads, answers that can be repeated, listens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables; every track that is there becomes part of its creator's library."""
    op.create_table(
        "audit_by_share",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("audit_id", _KEY, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("share_id", "audit_id", name=op.f("pk_audit_by_share")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_progress",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("audit_id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_progress")),
    )
    op.create_table(
        "idempotent_answers",
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_digest", name=op.f("pk_idempotent_answers")),
    )
    with op.batch_alter_table("idempotent_answers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotent_answers_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "listens",
        sa.Column("open_trace", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("share_id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("open_trace", "track_id", name=op.f("pk_listens")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("listens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_listens_share_id_at"), ["share_id", "at"], unique=False
        )

    op.create_table(
        "share_days",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("listens", sa.BigInteger(), nullable=False),
        sa.Column("listeners", sa.BigInteger(), nullable=False),
        sa.Column("bot_requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "day", name=op.f("pk_share_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resumable_uploads",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("track_id", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_resumable_uploads_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name=op.f("fk_resumable_uploads_track_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_resumable_uploads_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumable_uploads")),
    )
    op.create_table(
        "library",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("track_id", _KEY, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("share_id", _KEY, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_library_organization_id")
        ),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_library_share_id")),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_library_track_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_library_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library")),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "track_id",
            name=op.f("uq_library_organization_id_user_id_track_id"),
        ),
    )
    with op.batch_alter_table("library", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_library_organization_id_user_id_created_at_id"),
            ["organization_id", "user_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_library_track_id"), ["track_id"], unique=False)

    with op.batch_alter_table("audio_objects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("loudness_lufs", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("peaks", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("cover_digest", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("cover_small_digest", sa.LargeBinary(length=32), nullable=True)
        )
        batch_op.add_column(sa.Column("rendition_digest", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column("rendition_size_bytes", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("rendition_content_type", sa.String(length=64), nullable=True)
        )

    op.add_column(
        "shares",
        sa.Column("counted_to", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    # What was opened until now is counted.
    op.execute("UPDATE shares SET counted_to = (SELECT coalesce(max(id), 0) FROM audit)")

    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("artist", sa.String(length=512), nullable=True))
    # PostgreSQL came later than this: there, no track is older.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "INSERT INTO library (id, organization_id, user_id, track_id, source, created_at) "
            "SELECT abs(random()) % 281474976710656, organization_id, creator_id, id, 'own', "
            "created_at FROM tracks WHERE removed_at IS NULL"
        )
