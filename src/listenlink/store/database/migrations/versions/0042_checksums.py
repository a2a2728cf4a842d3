"""A stored file's CRC-32, which a ZIP needs before the file."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """It's made up for files that were stored before."""
    op.add_column("audio_objects", sa.Column("crc32", sa.BigInteger(), nullable=True))
