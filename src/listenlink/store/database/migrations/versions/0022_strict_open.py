"""A link may want its open to be meant: JSON asked for by name, or play."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column. Links that are there open as before."""
    op.add_column(
        "shares",
        sa.Column("strict_open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
