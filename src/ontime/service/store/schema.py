"""The schema of a store, made and brought up to date by the migrations of service/migrations/."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from ontime.service.store.opening import (
    connected,
    only_server,
    parsed_url,
    schema_revision,
    sqlite_file,
    store_errors,
    writing,
)
from ontime.service.store.tables import HEAD

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def upgrade_schema(url: str) -> str | None:
    """Bring the database of a URL to HEAD, all of it or nothing; a file of SQLite is made where there is none.

    Returns the schema that it had, None where it had none. Raises OntimeError where a server has it, or it cannot be
    written.
    """
    parsed = parsed_url(url)
    if file := sqlite_file(parsed):
        file.parent.mkdir(parents=True, exist_ok=True)
    with only_server(parsed), connected(parsed) as engine, store_errors(parsed), writing(engine) as connection:
        before = schema_revision(connection)
        command.upgrade(migration_config(connection), HEAD)
    return before


def stored_schema(url: str) -> str | None:
    """The schema of the database of a URL, None where it has none, also while a server has it."""
    parsed = parsed_url(url)
    file = sqlite_file(parsed)
    if file and not file.exists():
        return None
    with connected(parsed) as engine, store_errors(parsed), engine.connect() as connection:
        return schema_revision(connection)


def migration_config(connection: Connection) -> Config:
    """What Alembic works with: our migrations, on this connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
