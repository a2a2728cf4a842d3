"""A track may have had other audio before, and a link may stay with what it was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

# As in `store/database/columns.py`.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = ("downloads", "quarter", "half", "three_quarters", "whole")

# As in 0038, but by version.
_DROP_KEEP_DOWNLOADS = "DROP FUNCTION keep_downloads"
_KEEP_DOWNLOADS = """
CREATE FUNCTION keep_downloads(
    found_turn bigint, granted bigint[], counts bigint[],
    at_ bigint[], outcome_ integer[], reason_ integer[], share_ bigint[], trace_ bigint[],
    client_ bigint[], agent_ integer[], referrer_ text[],
    l_client bigint[], l_minute bigint[], l_reason integer[], l_at bigint[], l_trace bigint[],
    l_agent integer[], l_count bigint[],
    d_share bigint[], d_day integer[], d_track bigint[], d_version integer[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT keep_opens(
        found_turn, granted, counts, at_, outcome_, reason_, share_, trace_, client_, agent_, referrer_,
        l_client, l_minute, l_reason, l_at, l_trace, l_agent, l_count
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO track_days AS t (share_id, day, track_id, version, downloads)
    SELECT d.share_id, d.day, d.track_id, d.version, count(*)
    FROM unnest(d_share, d_day, d_track, d_version) d(share_id, day, track_id, version)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (share_id, day, track_id, version) DO UPDATE SET downloads = t.downloads + excluded.downloads;
    RETURN true;
END $$
"""


def upgrade() -> None:
    """Every track has its first version, of which all is that was heard; every link follows."""
    _make_tables()
    op.add_column(
        "tracks", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("tracks", sa.Column("versions", sa.Text(), nullable=True))
    op.add_column(
        "shares",
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for table in ("listens", "heard"):
        op.add_column(table, _version())
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("track_days", _version())
        op.drop_constraint(op.f("pk_track_days"), "track_days")
        key = ["share_id", "day", "track_id", "version"]
        op.create_primary_key(op.f("pk_track_days"), "track_days", key)
        op.execute(_DROP_KEEP_DOWNLOADS)
        op.execute(_KEEP_DOWNLOADS)
    else:
        _rebuild_days()


def _make_tables() -> None:
    op.create_table(
        "track_versions",
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audio_id", _KEY, nullable=True),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("is_shorter_than_declared", sa.Boolean(), nullable=False),
        sa.Column("stamp_class", sa.String(32), nullable=False),
        sa.Column("stamp_version", sa.String(32), nullable=False),
        sa.Column("stamp_requires_attribution", sa.Boolean(), nullable=False),
        sa.Column("stamp_attribution_text", sa.String(512), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name=op.f("fk_track_versions_track_id")
        ),
        sa.ForeignKeyConstraint(
            ["audio_id"], ["audio_objects.id"], name=op.f("fk_track_versions_audio_id")
        ),
        sa.PrimaryKeyConstraint("track_id", "number", name=op.f("pk_track_versions")),
    )
    op.create_index(op.f("ix_track_versions_audio_id"), "track_versions", ["audio_id"])
    op.create_index(op.f("ix_track_versions_created_at"), "track_versions", ["created_at"])
    op.create_table(
        "track_turns",
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_track_turns_track_id")),
        sa.PrimaryKeyConstraint("track_id", "since", name=op.f("pk_track_turns")),
    )
    op.create_index(op.f("ix_track_turns_since"), "track_turns", ["since"])


def _rebuild_days() -> None:
    """The embedded database changes no key."""
    op.rename_table("track_days", "old_track_days")
    op.create_table(
        "track_days",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("track_id", _KEY, autoincrement=False, nullable=False),
        _version(),
        *(
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for name in _COUNTS
        ),
        sa.PrimaryKeyConstraint(
            "share_id", "day", "track_id", "version", name=op.f("pk_track_days")
        ),
        sqlite_with_rowid=False,
    )
    columns = ", ".join(("share_id", "day", "track_id", *_COUNTS))
    op.execute(f"INSERT INTO track_days ({columns}) SELECT {columns} FROM old_track_days")  # noqa: S608
    op.drop_table("old_track_days")


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
