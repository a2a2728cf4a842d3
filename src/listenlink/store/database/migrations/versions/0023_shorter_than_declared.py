"""Whether a track's file promises more in its headers than it holds."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Of what was uploaded before it isn't known, and nothing is said."""
    op.add_column(
        "tracks",
        sa.Column(
            "is_shorter_than_declared",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
        ),
    )
    # Of these browsers may play nothing so far: nothing was made of them, or no rendition.
    op.execute(
        "UPDATE audio_objects SET derived_at = NULL, derivation_began_at = NULL WHERE discarded_at IS NULL"
        " AND rendition_digest IS NULL AND (peaks IS NULL OR content_type = 'audio/wav')"
    )
