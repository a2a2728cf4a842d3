"""Runs migrations on the connection it is given; there is no configuration file."""

from alembic import context

from listenlink.store import tables as tables

# Both are needed whole: what isn't imported isn't declared.
from listenlink.store.database.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
