"""A URL -> a store that can be read and written, or what is wrong with it and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal, NamedTuple

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from ontime.errors import OntimeError
from ontime.service.store.tables import HEAD

DEFAULT_URL = "sqlite:///.ontime/store.sqlite"
LOCK_SECONDS = 5.0  # how long SQLite waits for another process that writes
MEMORY = {"", ":memory:"}
REMEDIES = {  # what drivers say -> what to do
    "not a database": "name another file, or move this one away",
    "database is locked": "another process writes it: wait until it has ended, or stop it",
    "readonly": "make the file and its folder writable (chmod u+rwX), or copy it to a place of your own",
    "unable to open": "make the file and its folder readable and writable (chmod u+rwX)",
    "disk is full": "make room on its disk",
    "disk I/O error": "look at its disk, and restore the store from a copy where it is broken",
    "malformed": "the file is broken: restore it from a copy",
}

Synchronous = Literal["FULL", "NORMAL"]


class Store(NamedTuple):
    """A database at the schema of this code. `reading()` and a `Writer` are the ways to it."""

    engine: Engine

    @property
    def name(self) -> str:
        """Its URL without a password."""
        return shown_url(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store, whoever writes meanwhile."""
        with store_errors(self.engine.url), self.engine.connect() as connection:
            yield connection


@contextmanager
def open_store(url: str, synchronous: Synchronous = "FULL") -> Iterator[Store]:
    """The store at a URL, for one server.

    synchronous, of SQLite: what is committed survives the death of the process either way. With FULL, which is the
    default since an acknowledged message must not be lost, every commit waits for the disk and survives a power cut
    too. With NORMAL the last commits before a power cut may be lost, and a commit alone takes a fraction of the time.

    Raises OntimeError where the database cannot be read and written, its schema is not that of this code, or another
    server has it.
    """
    parsed = parsed_url(url)
    file = sqlite_file(parsed)
    if file and not file.exists():
        raise OntimeError(f"{file}: expected a store, found no file: make it (ontime db upgrade --store {url})")
    with only_server(parsed), connected(parsed, synchronous) as engine:
        with store_errors(parsed), engine.connect() as connection:
            check_schema(connection)
        with store_errors(parsed), writing(engine):  # of SQLite: raises where it is locked or may not be written
            pass
        yield Store(engine)


def check_schema(connection: Connection) -> None:
    """Raises OntimeError where the schema of a database is not that of this code."""
    revision = schema_revision(connection)
    if revision != HEAD:
        url = shown_url(connection.engine.url)
        holds = f"schema {revision}" if revision else "no schema"
        raise OntimeError(f"{url}: expected schema {HEAD}, found {holds}: run ontime db upgrade --store {url}")


def schema_revision(connection: Connection) -> str | None:
    """The last migration of a database, None where there was none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def parsed_url(url: str) -> URL:
    """Raises OntimeError where it is none, or one of a database that ends with the process."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, ModuleNotFoundError) as error:
        raise OntimeError(f"--store: expected a URL such as {DEFAULT_URL}, found another: {error}") from error
    if parsed.get_backend_name() == "sqlite" and (parsed.database or "") in MEMORY:
        raise OntimeError(f"--store: expected a file, as in {DEFAULT_URL}, found {url}, which ends with the process")
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The file of a database of SQLite; None of others."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown_url(url: URL) -> str:
    """A URL as text, without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def connected(url: URL, synchronous: Synchronous = "FULL") -> Iterator[Engine]:
    """What gives connections to a database while the block lasts."""
    try:
        is_sqlite = sqlite_file(url) is not None
        engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS} if is_sqlite else {})
    except ModuleNotFoundError as error:
        raise OntimeError(f"{shown_url(url)}: {error}: install the driver that the URL names") from error
    if is_sqlite:
        _prepare_sqlite(engine, synchronous)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end of the block; of SQLite it holds the lock from its beginning."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def store_errors(url: URL) -> Iterator[None]:
    """Raises what the driver of a database says as OntimeError, with what to do."""
    try:
        yield
    except DBAPIError as error:
        raise OntimeError(database_error(url, error)) from error


def database_error(url: URL, error: DBAPIError) -> str:
    """What the driver of a database says, and what to do."""
    reason = str(error.orig)
    remedy = next((remedy for words, remedy in REMEDIES.items() if words in reason), "look whether it runs")
    return f"{shown_url(url)}: {reason}: {remedy}"


def only_server(url: URL) -> AbstractContextManager[object]:
    """Hold a file of SQLite for one process while the block lasts. Raises OntimeError where another has it."""
    file = sqlite_file(url)
    return _locked(file) if file else nullcontext()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise OntimeError(f"{file}: another server has this store: stop it, or name another file") from error
    except OSError as error:
        raise OntimeError(f"{file.parent}: {error.strerror}: expected a folder that can be written") from error
    try:
        yield
    finally:
        lock.release()


def _prepare_sqlite(engine: Engine, synchronous: Synchronous) -> None:
    """Write-ahead log, and transactions that begin where SQLAlchemy says: the driver begins them later, or never."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001 - the driver's, and SQLAlchemy's
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
