"""What Alembic runs migrations in: the connection that store/schema.py gives, in its transaction."""

import logging

from alembic import context

from ontime.service.store.tables import METADATA

logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)  # else it says which database it is, twice
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite can, where transactions begin as in store/opening.py
    render_as_batch=True,  # SQLite changes few things of a table in place
)
with context.begin_transaction():
    context.run_migrations()
