"""People can sign in: one-time links, passwords, passkeys, sign-ins, and the audit of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    """Nobody is signed in, nobody has a password; the first link comes from the operator's command."""
    _add_sign_ins()
    _add_credentials()
    _add_attempts_and_events()


def _add_sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("organization_id", _KEY, nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        _to("sign_ins", "user_id", "users"),
        _to("sign_ins", "organization_id", "organizations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_ins_digest")),
    )
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"])
    op.create_index(op.f("ix_sign_ins_seen_at"), "sign_ins", ["seen_at"])
    op.create_table(
        "sign_in_links",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", _KEY, nullable=True),
        sa.Column("organization_id", _KEY, nullable=True),
        sa.Column("role", sa.String(16), nullable=True),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("invited_by", _KEY, nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        _to("sign_in_links", "user_id", "users"),
        _to("sign_in_links", "organization_id", "organizations"),
        _to("sign_in_links", "invited_by", "users"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_links")),
    )
    op.create_index(op.f("ix_sign_in_links_ends_at"), "sign_in_links", ["ends_at"])
    op.create_index(op.f("ix_sign_in_links_organization_id"), "sign_in_links", ["organization_id"])


def _add_credentials() -> None:
    op.create_table(
        "passwords",
        sa.Column("user_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(255), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        _to("passkeys", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"])
    op.create_table(
        "answered_challenges",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_answered_challenges")),
    )
    op.create_index(op.f("ix_answered_challenges_ends_at"), "answered_challenges", ["ends_at"])


def _add_attempts_and_events() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("client", sa.LargeBinary(16), nullable=False),
        sa.Column("account", sa.LargeBinary(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index(op.f("ix_sign_in_attempts_client_at"), "sign_in_attempts", ["client", "at"])
    op.create_index(op.f("ix_sign_in_attempts_account_at"), "sign_in_attempts", ["account", "at"])
    op.create_index(op.f("ix_sign_in_attempts_at"), "sign_in_attempts", ["at"])
    op.create_table(
        "account_events",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", _KEY, nullable=True),
        sa.Column("user_id", _KEY, nullable=True),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("pseudonym", sa.LargeBinary(16), nullable=True),
        sa.Column("prefix", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
    )
    op.create_index(
        op.f("ix_account_events_organization_id_at"), "account_events", ["organization_id", "at"]
    )
    op.create_index(op.f("ix_account_events_user_id_at"), "account_events", ["user_id", "at"])
    op.create_index(op.f("ix_account_events_at"), "account_events", ["at"])
