"""What a listener sees: when what is made from audio was made, what a link allows and shows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXED = ("derived_at", "cover_digest", "cover_small_digest", "rendition_digest")


def upgrade() -> None:
    """Add the columns. Audio that is there is derived from as soon as the instance runs."""
    op.add_column("audio_objects", sa.Column("derivation_began_at", sa.BigInteger(), nullable=True))
    op.add_column("audio_objects", sa.Column("derived_at", sa.BigInteger(), nullable=True))
    for name in _INDEXED:
        op.create_index(op.f(f"ix_audio_objects_{name}"), "audio_objects", [name], unique=False)
    op.add_column(
        "shares",
        sa.Column("allow_download", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "shares",
        sa.Column("preview", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
