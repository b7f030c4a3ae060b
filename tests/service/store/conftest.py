"""A store of SQLite and its writer, empty, for a test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontime.service.store.opening import Store, open_store
from ontime.service.store.schema import upgrade_schema
from ontime.service.store.writer import Writer


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store at HEAD; not to be touched."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    upgrade_schema(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(empty_store: Path, tmp_path: Path) -> str:
    """That of a store of the test's own."""
    return f"sqlite:///{shutil.copy(empty_store, tmp_path)}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, synchronous="NORMAL") as opened:
        yield opened


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    with Writer(store) as one:
        yield one
