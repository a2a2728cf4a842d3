"""Several nodes: the audit by days on PostgreSQL, its opens kept by one function, and the nodes' keys."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0003"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_INDEX_BY_SHARE = """
INSERT INTO audit_by_share (share_id, audit_id, at)
SELECT share_id, id, at FROM audit
WHERE share_id IS NOT NULL
  AND id <= (SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = 'added_up')
"""

# The keys hold the day's column too, as partitions need it; `id` comes from one sequence all the same.
_BY_DAYS = """
CREATE SEQUENCE audit_id_seq AS bigint;
CREATE TABLE audit (
    id bigint NOT NULL DEFAULT nextval('audit_id_seq'),
    at bigint NOT NULL,
    outcome integer NOT NULL,
    reason integer,
    share_id bigint,
    trace bigint NOT NULL,
    client_id bigint NOT NULL,
    agent integer NOT NULL,
    referrer varchar(253),
    CONSTRAINT pk_audit PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE audit_id_seq OWNED BY audit.id;
CREATE TABLE audit_rest PARTITION OF audit DEFAULT;
CREATE TABLE audit_by_share (
    share_id bigint NOT NULL,
    audit_id bigint NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_audit_by_share PRIMARY KEY (share_id, audit_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE audit_by_share_rest PARTITION OF audit_by_share DEFAULT;
"""

_NAME_CLIENTS = """
CREATE FUNCTION name_clients(of_day integer, pseudonyms bytea[], prefixes text[])
RETURNS TABLE (pseudonym bytea, id bigint) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clients (day, pseudonym, prefix)
    SELECT of_day, n.pseudonym, n.prefix FROM unnest(pseudonyms, prefixes) n(pseudonym, prefix)
    ORDER BY n.pseudonym
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT c.pseudonym, c.id FROM clients c
    WHERE c.day = of_day AND c.pseudonym = ANY(pseudonyms);
END $$
"""

_KEEP_OPENS = """
CREATE FUNCTION keep_opens(
    found_turn bigint, granted bigint[], counts bigint[],
    at_ bigint[], outcome_ integer[], reason_ integer[], share_ bigint[], trace_ bigint[],
    client_ bigint[], agent_ integer[], referrer_ text[],
    l_client bigint[], l_minute bigint[], l_reason integer[], l_at bigint[], l_trace bigint[],
    l_agent integer[], l_count bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(19532, 3);
    IF found_turn <> (SELECT audit_id FROM audit_progress WHERE name = 'settled') THEN
        RETURN false;
    END IF;
    IF cardinality(granted) > 0 THEN
        PERFORM 1 FROM shares WHERE id = ANY(granted) ORDER BY id FOR NO KEY UPDATE;
        IF EXISTS (
            SELECT 1 FROM shares s JOIN unnest(granted, counts) g(id, n) ON g.id = s.id
            WHERE s.opens + g.n > s.max_opens
        ) THEN
            RETURN false;
        END IF;
        UPDATE shares s SET opens = s.opens + g.n
        FROM unnest(granted, counts) g(id, n) WHERE s.id = g.id;
    END IF;
    INSERT INTO audit (at, outcome, reason, share_id, trace, client_id, agent, referrer)
    SELECT * FROM unnest(at_, outcome_, reason_, share_, trace_, client_, agent_, referrer_);
    IF cardinality(l_client) > 0 THEN
        INSERT INTO limited AS l (client_id, minute, reason, at, trace, agent, count)
        SELECT * FROM unnest(l_client, l_minute, l_reason, l_at, l_trace, l_agent, l_count)
        ORDER BY 1, 2, 3
        ON CONFLICT (client_id, minute, reason) DO UPDATE SET count = l.count + excluded.count;
    END IF;
    RETURN true;
END $$
"""


def upgrade() -> None:
    """Add the nodes' keys, and the day to the index of the audit; on PostgreSQL make both by days."""
    op.create_table(
        "signing_keys",
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("check_value", sa.LargeBinary(length=16), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_keys")),
    )
    op.execute("INSERT INTO audit_progress (name, audit_id) VALUES ('settled', 0)")
    op.drop_table("audit_by_share")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("audit")
        for statement in _BY_DAYS.split(";\n"):
            if statement.strip():
                op.execute(statement)
        op.execute(_NAME_CLIENTS)
        op.execute(_KEEP_OPENS)
        return
    op.create_table(
        "audit_by_share",
        sa.Column("share_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("audit_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("share_id", "audit_id", "at", name=op.f("pk_audit_by_share")),
        sqlite_with_rowid=False,
    )
    op.execute(_INDEX_BY_SHARE)
