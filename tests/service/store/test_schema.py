"""Migrations make exactly the tables of the code, and undo what they made."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from repositories import call
from sqlalchemy import Connection, create_engine, inspect

from ontime.errors import OntimeError
from ontime.flights import FLIGHTS
from ontime.service.store.opening import connected, open_store, parsed_url, writing
from ontime.service.store.schema import migration_config, stored_schema, upgrade_schema
from ontime.service.store.tables import HEAD, METADATA


def made_by(connection: Connection) -> dict[str, str | None]:
    """The statement that made each table and index of a database, but for Alembic's own."""
    chosen = "SELECT name, sql FROM sqlite_master WHERE tbl_name NOT LIKE 'alembic%'"
    return {row.name: row.sql for row in connection.exec_driver_sql(chosen)}


def test_head_is_the_last_migration(url: str):
    with connected(parsed_url(url)) as engine, engine.connect() as connection:
        script = ScriptDirectory.from_config(migration_config(connection))
    assert script.get_heads() == [HEAD]


def test_migrations_make_the_tables_of_the_code(url: str):
    with connected(parsed_url(url)) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        migrated = made_by(connection)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        assert migrated == made_by(connection)
    engine.dispose()


def test_what_a_migration_made_is_undone_and_made_again(url: str):
    with connected(parsed_url(url)) as engine:
        with writing(engine) as connection:
            before = made_by(connection)
            command.downgrade(migration_config(connection), "base")
            assert inspect(connection).get_table_names() == ["alembic_version"]
        with writing(engine) as connection:
            command.upgrade(migration_config(connection), HEAD)
            assert made_by(connection) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with connected(parsed_url(url)) as engine, writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE scores (id TEXT)")
    with pytest.raises(OntimeError, match="table scores already exists"):
        upgrade_schema(url)
    assert stored_schema(url) is None
    with connected(parsed_url(url)) as engine, engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["scores"]


def test_a_store_that_a_server_has_is_looked_at_and_not_changed(url: str):
    with open_store(url):
        assert stored_schema(url) == HEAD
        with pytest.raises(OntimeError, match="another server has this store"):
            upgrade_schema(url)


def test_the_verbs_make_a_store_and_say_what_it_has(tmp_path: Path):
    (tmp_path / "params.yaml").touch()
    before = call(FLIGHTS, "db", "status", folder=tmp_path)
    assert (before.returncode, before.stderr) == (
        1,
        f"db status: expected schema {HEAD}, found none: run ontime db upgrade\n",
    )
    assert call(FLIGHTS, "db", "upgrade", folder=tmp_path).stdout == f"schema {HEAD}; before: none\n"
    assert call(FLIGHTS, "db", "upgrade", folder=tmp_path).stdout == f"schema {HEAD}, as before\n"
    assert call(FLIGHTS, "db", "status", folder=tmp_path).stdout == f"schema {HEAD}, as this code needs\n"
    assert (tmp_path / ".ontime/store.sqlite").exists()
