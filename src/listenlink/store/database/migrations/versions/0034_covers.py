"""A track or a collection can be given a cover of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing has been given one."""
    op.create_table(
        "given_covers",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("track_id", _KEY, nullable=True),
        sa.Column("collection_id", _KEY, nullable=True),
        sa.Column("cover_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("cover_small_digest", sa.LargeBinary(32), nullable=True),
        sa.CheckConstraint(
            "(track_id IS NULL) <> (collection_id IS NULL)",
            name=op.f("ck_given_covers_one_target"),
        ),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_given_covers_track_id")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_given_covers_collection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_covers")),
        sa.UniqueConstraint("track_id", name=op.f("uq_given_covers_track_id")),
        sa.UniqueConstraint("collection_id", name=op.f("uq_given_covers_collection_id")),
    )
    for name in ("cover_digest", "cover_small_digest"):
        op.create_index(op.f(f"ix_given_covers_{name}"), "given_covers", [name])
    op.create_table(
        "dropped_objects",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dropped_objects")),
    )
