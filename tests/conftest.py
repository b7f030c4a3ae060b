"""What tests share: the real raw data, fetched once, and copies of it to break."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from repositories import REPOSITORY, run, toy_repository

# Tests run side by side: with several threads each they would wait for one another. The bytes are the same.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# Examples are the same in every run, and a busy machine is no failure.
settings.register_profile("ontime", deadline=None, derandomize=True)
settings.load_profile("ontime")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        program, package = mark.args
        if shutil.which(program):
            continue
        reason = f"{program} is missing: apt-get install {package}"
        if os.environ.get("ONTIME_SYSTEM_PACKAGES") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def four_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with params.yaml and data/raw up to April, as `ontime fetch` makes them."""
    folder = tmp_path_factory.mktemp("four_months")
    params = (REPOSITORY / "params.yaml").read_text()
    (folder / "params.yaml").write_text(params.replace("until: 2013-12", "until: 2013-04"))
    done = run("ontime", "fetch", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def workspace(four_months: Path, tmp_path: Path) -> Path:
    """A copy of `four_months` to break."""
    return Path(shutil.copytree(four_months, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def toy_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`toy_repository` where `dvc repro` made everything, once for all test processes; not to be touched."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "toy_made", shared / "toy_made.done"
    with FileLock(shared / "toy_made.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            ran = run("dvc", "repro", folder=toy_repository(folder))
            assert ran.returncode == 0, ran.stderr + ran.stdout
            done.touch()
    return folder


@pytest.fixture(scope="module")
def toy(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `toy_made`: a repository whose code is committed, and what it made is not."""
    folder = tmp_path_factory.mktemp("toy") / "repository"
    shutil.copytree(toy_made, folder, symlinks=True, ignore=shutil.ignore_patterns("tmp", "__pycache__"))
    return folder


@pytest.fixture(scope="module")
def fresh_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `toy_repository` of the module's own: nothing is run yet."""
    return toy_repository(tmp_path_factory.mktemp("fresh_toy"))
