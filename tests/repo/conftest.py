"""A small DVC repository with a remote, and copies of it to break."""

import shutil
from pathlib import Path

import pytest
from small_pipeline import make_pushed


@pytest.fixture(scope="session")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of two kinds of stages, run, committed and pushed to a folder as its remote."""
    folder = tmp_path_factory.mktemp("made") / "repository"
    make_pushed(folder)
    return folder


@pytest.fixture
def repository(pushed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to change, and the current folder."""
    folder = Path(shutil.copytree(pushed, tmp_path / "made/repository", symlinks=True))
    shutil.copytree(pushed.parent / "remote", folder.parent / "remote")
    monkeypatch.chdir(folder)
    return folder
