"""A stored file's CRC-32, which a ZIP needs before the file."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """It's made up for files that were stored before, which the index finds until none is left."""
    op.add_column("audio_objects", sa.Column("crc32", sa.BigInteger(), nullable=True))
    unsummed = sa.text("crc32 IS NULL")
    op.create_index(
        "ix_audio_objects_unsummed",
        "audio_objects",
        ["id"],
        sqlite_where=unsummed,
        postgresql_where=unsummed,
    )
