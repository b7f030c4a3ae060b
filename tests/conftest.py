"""What tests share: the real raw data, fetched once, and copies of it to break."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from repositories import REPOSITORY, call, commit, keep_spine, run, toy_repository

from ontime.flights import FLIGHTS

# Tests run side by side: with several threads each they would wait for one another. The bytes are the same.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# Examples are the same in every run, and a busy machine is no failure.
settings.register_profile("ontime", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("nightly", deadline=None, derandomize=True, max_examples=400)
settings.load_profile("ontime")


# Files that take longest, in the order in which they begin: the first makes the second dataset while the next need none
# of it, and what is short fills the end.
LONG_FIRST = (
    "test_seam.py",
    "stages/test_validate.py",
    "actions/test_predict.py",
    "flights/test_poison.py",
    "ci/test_storage.py",
    "test_experiments.py",
    "actions/test_bench.py",
    "stages/test_replay.py",
    "stages/test_training.py",
    "ci/test_data_version.py",
    "repo/test_lineage.py",
    "actions/test_sweep.py",
    "actions/test_compare.py",
    "stages/test_leads.py",
    "ci/test_differences.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {REPOSITORY / "tests" / name: place for place, name in enumerate(LONG_FIRST)}
    assert all(path.exists() for path in places)
    items.sort(key=lambda item: places.get(item.path, len(places)))


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


def made_once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """A folder that `make` fills once for all test processes; not to be touched."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def four_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with params.yaml and data/raw up to April, as `ontime fetch` makes them."""

    def make(folder: Path) -> None:
        params = (REPOSITORY / "params.yaml").read_text()
        (folder / "params.yaml").write_text(params.replace("until: 2013-12", "until: 2013-04"))
        done = call(FLIGHTS, "fetch", folder=folder)
        assert done.returncode == 0, done.stderr

    return made_once("four_months", make, tmp_path_factory)


@pytest.fixture(scope="session")
def four_clean_months(four_months: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder with data/clean and data/features too."""

    def make(folder: Path) -> None:
        shutil.copytree(four_months, folder, dirs_exist_ok=True)
        for stage in ("validate", "featurize"):
            done = call(FLIGHTS, stage, folder=folder)
            assert done.returncode == 0, done.stderr

    return made_once("four_clean_months", make, tmp_path_factory)


@pytest.fixture
def workspace(four_months: Path, tmp_path: Path) -> Path:
    """A copy of `four_months` to break."""
    return Path(shutil.copytree(four_months, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def toy_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `toy_repository` where `dvc repro` made everything, in a commit of its own."""

    def make(folder: Path) -> None:
        done = run("dvc", "repro", folder=toy_repository(folder))
        assert done.returncode == 0, done.stderr + done.stdout
        commit(folder)

    return made_once("toy_made", make, tmp_path_factory)


def copy_of(toy_made: Path, factory: pytest.TempPathFactory) -> Path:
    folder = factory.mktemp("toy") / "repository"
    return Path(shutil.copytree(toy_made, folder, symlinks=True, ignore=shutil.ignore_patterns("tmp", "__pycache__")))


@pytest.fixture(scope="module")
def toy(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the module's own with the second dataset, run and committed."""
    return copy_of(toy_made, tmp_path_factory)


@pytest.fixture(scope="module")
def spine(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the stages up to `bundle` alone: for what runs them again."""
    folder = copy_of(toy_made, tmp_path_factory)
    keep_spine(folder)
    return folder


@pytest.fixture(scope="module")
def fresh_toy(toy_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as it was before anything ran; of stages that run as they did there, DVC's cache has the outputs."""
    folder = copy_of(toy_made, tmp_path_factory)
    for command in (("git", "reset", "-q", "--hard", "HEAD~1"), ("git", "clean", "-fdxq", "-e", ".dvc")):
        assert run(*command, folder=folder).returncode == 0
    return folder
