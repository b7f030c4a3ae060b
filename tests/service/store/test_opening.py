"""What is no store, or cannot be read and written, is said with what to do."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ontime.errors import OntimeError
from ontime.service.store import opening
from ontime.service.store.opening import open_store
from ontime.service.store.tables import HEAD

NOBODY = 65534


def refused(url: str) -> str:
    with pytest.raises(OntimeError) as raised, open_store(url):
        pass
    return str(raised.value)


@pytest.fixture
def locked_folder(empty_store: Path) -> Iterator[Path]:
    """A folder with a store that we may read and not write."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty_store, folder)
        Path(folder).chmod(0o555)
        owner = os.geteuid()
        if owner == 0:  # root may write everywhere
            os.seteuid(NOBODY)
        yield Path(folder)
        os.seteuid(owner)
        Path(folder).chmod(0o755)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("store.sqlite", "expected a URL such as sqlite:///"),
        ("nosql:///store", "expected a URL such as sqlite:///"),
        ("sqlite://", "expected a file"),
        ("sqlite:///:memory:", "which ends with the process"),
    ],
)
def test_a_url_that_names_no_store_is_refused_with_one_that_does(url: str, words: str):
    assert words in refused(url)


@pytest.mark.parametrize("name", ["absent.sqlite", "absent/store.sqlite"])
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, name: str):
    url = f"sqlite:///{tmp_path / name}"
    assert refused(url).endswith(f"expected a store, found no file: make it (ontime db upgrade --store {url})")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_and_one_of_another_schema_are_refused(url: str, tmp_path: Path):
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    assert f"expected schema {HEAD}, found no schema: run ontime db upgrade" in refused(f"sqlite:///{empty}")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'old'")
    connection.close()
    assert f"expected schema {HEAD}, found schema old: run ontime db upgrade" in refused(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 100)
    assert "file is not a database: name another file" in refused(f"sqlite:///{file}")


def test_a_store_that_another_process_writes_is_refused(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "LOCK_SECONDS", 0.05)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "database is locked: another process writes it" in refused(url)
    other.close()


def test_a_store_in_a_folder_that_cannot_be_written_is_refused(locked_folder: Path):
    assert "expected a folder that can be written" in refused(f"sqlite:///{locked_folder / 'store.sqlite'}")


def test_a_store_has_one_server(url: str):
    with open_store(url):
        assert "another server has this store: stop it" in refused(url)
    with open_store(url):
        pass


@pytest.mark.parametrize(("synchronous", "level"), [("FULL", 2), ("NORMAL", 1)])
def test_every_commit_waits_for_the_disk_where_it_shall(url: str, synchronous: opening.Synchronous, level: int):
    with open_store(url, synchronous) as store, store.reading() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == level
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    with open_store(url) as store, store.reading() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2


def test_a_url_is_shown_without_its_password():
    with pytest.raises(OntimeError) as raised, open_store("postgresql+absent://me:secret@host/store"):
        pass
    assert "secret" not in str(raised.value)
