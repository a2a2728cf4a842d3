"""On PostgreSQL clients are numbered by the statement that finds a batch's links, in the order asked."""

from alembic import op

revision = "0021"
down_revision = "0020"

# The commit of this needn't be waited for: that of the audit's lines, which name these rows, comes after
# it in the one log and takes it along to the disk.
_NAME_CLIENTS = """
CREATE FUNCTION name_clients(of_day integer, pseudonyms bytea[], prefixes text[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(pseudonyms) = 0 THEN
        RETURN '{}';
    END IF;
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO clients (day, pseudonym, prefix)
    SELECT of_day, n.pseudonym, n.prefix FROM unnest(pseudonyms, prefixes) n(pseudonym, prefix)
    ORDER BY n.pseudonym
    ON CONFLICT DO NOTHING;
    -- Each by itself: a join would be planned while the day had few clients, and read all of them.
    RETURN ARRAY(
        SELECT (SELECT c.id FROM clients c WHERE c.day = of_day AND c.pseudonym = n.pseudonym)
        FROM unnest(pseudonyms) WITH ORDINALITY n(pseudonym, place) ORDER BY n.place
    );
END $$
"""


def upgrade() -> None:
    """Another function in place of the one that gave the numbers in no order."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION name_clients(integer, bytea[], text[])")
        op.execute(_NAME_CLIENTS)
