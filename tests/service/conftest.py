"""What a service of the toy dataset runs on: a store that was loaded, and a bundle's folder to break."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from repositories import call
from services import Running, running
from toy import TOY

from ontime.io.paths import Files


@pytest.fixture(scope="session")
def loaded_store(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with the months up to May; not to be touched."""
    path = tmp_path_factory.mktemp("loaded") / "live.db"
    for words in (("db", "upgrade"), ("load", "--until", "2020-05")):
        done = call(TOY, *words, "--store", f"sqlite:///{path}", folder=toy_made)
        assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def live_url(loaded_store: Path, tmp_path: Path) -> str:
    """That of a loaded store of the test's own."""
    return f"sqlite:///{shutil.copy(loaded_store, tmp_path / 'live.db')}"


@pytest.fixture
def bundle(toy_made: Path, tmp_path: Path) -> Path:
    """A bundle's folder of the test's own."""
    shutil.copy(toy_made / "params.yaml", tmp_path)
    return Path(shutil.copytree(Files(toy_made).bundle, tmp_path / "bundle"))


@pytest.fixture
def live(live_url: str, bundle: Path) -> Iterator[Running]:
    with running(live_url, bundle) as one:
        yield one
