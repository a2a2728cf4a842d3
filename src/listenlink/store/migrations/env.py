"""Runs migrations on the connection it is given; there is no configuration file."""

from alembic import context

from listenlink.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
