"""The tables are those of any database that the store is written for."""

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from ontime.service.store.records import INSERTS
from ontime.service.store.tables import METADATA, messages


def test_postgresql_can_make_every_table_and_counts_in_long_integers():
    dialect = postgresql.dialect()
    made = {name: str(CreateTable(table).compile(dialect=dialect)) for name, table in METADATA.tables.items()}
    assert "seq BIGSERIAL NOT NULL" in made["messages"]
    assert "received_at BIGINT NOT NULL" in made["messages"]
    assert "features BYTEA" in made["answers"]
    insert = str(INSERTS[dialect.name](messages).on_conflict_do_nothing().compile(dialect=dialect))
    assert "ON CONFLICT DO NOTHING" in insert
