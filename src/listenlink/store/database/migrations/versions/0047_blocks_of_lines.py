"""How far a block of the audit's lines is added up, in the order of their links.

A release that doesn't know of it would count a block's lines twice.
"""

from alembic import op

revision = "0047"
down_revision = "0046"

_NAMES = ("block_end", "block_link", "block_line", "block_lines")


def upgrade() -> None:
    """No block has been begun."""
    for name in _NAMES:
        op.execute(f"INSERT INTO audit_progress (name, audit_id) VALUES ('{name}', 0)")  # noqa: S608
