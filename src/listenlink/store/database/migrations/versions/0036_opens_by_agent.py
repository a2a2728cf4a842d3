"""Of a day whose lines are gone, what kinds of program its opens were."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_KINDS = ("person", "program", "unfurler", "unknown")


def upgrade() -> None:
    """Of days that were summed up before, that isn't known: what these columns lack of a day's opens."""
    for kind in _KINDS:
        op.add_column(
            "share_days",
            sa.Column(
                f"{kind}_opens", sa.BigInteger(), server_default=sa.text("0"), nullable=False
            ),
        )
