"""People can be told what happened to their links and tracks."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"))


def _at(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _number(name: str, kind: type[sa.types.TypeEngine[int]] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    """Nobody is told anything; what was opened until now isn't news."""
    _add_webhooks()
    _add_deliveries()
    _add_links()
    op.create_index(op.f("ix_shares_expires_at"), "shares", ["expires_at"])
    op.execute(
        "INSERT INTO audit_progress (name, audit_id) SELECT 'told', coalesce(max(id), 0) FROM audit"
    )


def _add_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.String(255), nullable=False),
        sa.Column("events", sa.String(255), nullable=False),
        sa.Column("shape", sa.String(16), nullable=False),
        *_at("created_at"),
        *_at("paused_at", nullable=True),
        sa.Column("pause_reason", sa.String(32), nullable=True),
        *_at("rests_until", nullable=True),
        _number("failures"),
        *_at("failing_since", "arrived_at", "removed_at", nullable=True),
        _to("webhooks", "organization_id", "organizations"),
        _to("webhooks", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    _index("webhooks", "organization_id", "user_id", "created_at")
    _index("webhooks", "removed_at")


def _add_deliveries() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("share_id", _KEY, nullable=True),
        sa.Column("track_id", _KEY, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("number", _KEY, nullable=False),
        *_at("at"),
        _to("notices", "organization_id", "organizations"),
        _to("notices", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    _index("notices", "organization_id", "user_id", "id")
    _index("notices", "at")
    op.create_table(
        "deliveries",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("webhook_id", _KEY, nullable=False),
        sa.Column("notice_id", _KEY, nullable=False),
        *_at("due_at", "taken_until", nullable=True),
        _number("attempts"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(32), nullable=True),
        _number("is_asked"),
        *_at("created_at"),
        *_at("ended_at", nullable=True),
        _to("deliveries", "webhook_id", "webhooks"),
        _to("deliveries", "notice_id", "notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    _index("deliveries", "due_at")
    _index("deliveries", "taken_until")
    _index("deliveries", "webhook_id", "due_at")
    _index("deliveries", "webhook_id", "created_at", "id")
    _index("deliveries", "notice_id")


def _add_links() -> None:
    op.create_table(
        "told_links",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        _number("waiting", sa.BigInteger),
        *_at(
            "opened_at", "told_at", "spent_at", "ending_at", "ended_at", "spread_at", nullable=True
        ),
        _number("is_spent"),
        _number("is_spread"),
        _to("told_links", "share_id", "shares"),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_told_links")),
    )
    _index("told_links", "waiting", "told_at")
    _index("told_links", "is_spent")
    _index("told_links", "is_spread")
    op.create_table(
        "told_networks",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(64), nullable=False),
        *_at("seen_at"),
        _to("told_networks", "share_id", "shares"),
        sa.PrimaryKeyConstraint("share_id", "prefix", name=op.f("pk_told_networks")),
    )
    _index("told_networks", "seen_at")
    _add_settings()


def _add_settings() -> None:
    op.create_table(
        "telling_settings",
        sa.Column("organization_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("spread_networks", sa.Integer(), nullable=True),
        sa.Column("mails", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("mailed_to", _KEY, nullable=False),
        *_at("due_at", "taken_until", nullable=True),
        _number("attempts"),
        sa.Column("taken_to", _KEY, nullable=True),
        sa.Column("mail_number", _KEY, nullable=True),
        *_at("refused_at", nullable=True),
        sa.Column("off_reason", sa.String(16), nullable=True),
        _to("telling_settings", "organization_id", "organizations"),
        _to("telling_settings", "user_id", "users"),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_telling_settings")),
    )
    _index("telling_settings", "due_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
