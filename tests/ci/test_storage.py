"""Versioned data and a real S3 server: push, clone, pull, and what happens when something is wrong with it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from repositories import REPOSITORY, commit, run
from s3fs import S3FileSystem

pytestmark = [pytest.mark.s3, pytest.mark.needs("git", "git")]

TABLE = "data/backtest.parquet"
TABLES = (TABLE, "data/errors.parquet", "data/predictions.parquet")
FEATURES = "data/features"
OBJECTS = "ontime/files/md5"
NOBODY = "http://127.0.0.1:9"


def storage(action: str, folder: Path):
    return run(sys.executable, REPOSITORY / ".ci/storage.py", action, folder=folder)


def verify(folder: Path, *options: str, **environment: str):
    environment |= {"PYTHONPATH": str(REPOSITORY / "tests")}
    return run(sys.executable, "-m", "toy", "data", "verify", *options, folder=folder, **environment)


def dvc(folder: Path, *words: str, **environment: str):
    return run("dvc", *words, folder=folder, **environment)


def output_of(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pushed(toy: Path) -> Iterator[Path]:
    """The second dataset, run, committed and pushed to an S3 server that runs as long as this module."""
    shutil.copy(REPOSITORY / ".dvc/config", toy / ".dvc/config")
    commit(toy)
    done = storage("start", toy)
    try:
        assert done.returncode == 0, output_of(done)
        assert "files pushed" in dvc(toy, "push").stdout
        yield toy
    finally:
        assert storage("stop", toy).returncode == 0


@pytest.fixture
def clone(pushed: Path, tmp_path: Path) -> Path:
    """A clone with a cache of its own, its remote set up as on the machine that pushed."""
    return clone_of(pushed, tmp_path / "clone")


def clone_of(pushed: Path, folder: Path) -> Path:
    assert run("git", "clone", "-q", pushed, folder, folder=pushed).returncode == 0
    shutil.copy(pushed / ".dvc/config.local", folder / ".dvc/config.local")
    return folder


@pytest.fixture
def bucket(pushed: Path) -> S3FileSystem:
    return connect(pushed)


def connect(folder: Path) -> S3FileSystem:
    """The server's objects, past DVC and without notes of what was there before."""
    state = json.loads((folder / ".ontime/storage/server.json").read_text())
    keys = {"key": state["access_key_id"], "secret": state["secret_access_key"]}
    options = {"use_listings_cache": False, "skip_instance_cache": True}
    return S3FileSystem(endpoint_url=state["endpointurl"], **keys, **options)


def object_of(folder: Path, path: str) -> str:
    """The key of a file's object, from dvc.lock or a folder's list."""
    listed = dvc(folder, "ls", ".", str(Path(path).parent), "--show-hash", "-R").stdout.splitlines()
    md5 = next(line.split()[0] for line in listed if line.split()[-1] == Path(path).name)
    return f"{OBJECTS}/{md5[:2]}/{md5[2:]}"


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file())


def test_what_was_pushed_is_pulled_by_a_fresh_clone_and_nothing_is_left_to_run(pushed: Path, clone: Path):
    assert dvc(clone, "pull").returncode == 0
    assert files_in(clone) == files_in(pushed)
    assert "up to date" in dvc(clone, "repro", "--dry").stdout
    done = verify(clone, "--remote")
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["workspace", "remote storage (s3"]
    assert done.stdout.count("all as dvc.lock says") == 2


def test_one_table_alone_can_be_pulled(clone: Path):
    assert dvc(clone, "pull", "data/clean/depots.parquet").returncode == 0
    assert files_in(clone) == ["data/clean/depots.parquet"]


def test_after_an_edit_only_what_must_run_is_fetched(clone: Path):
    params = clone / "params.yaml"
    params.write_text(re.sub(r"(?<=replicates: )\d+", "101", params.read_text()))
    done = dvc(clone, "repro", "--pull", "--allow-missing", "evaluate")
    assert done.returncode == 0, output_of(done)
    assert "python -m toy backtest" in done.stdout
    assert "python -m toy featurize" not in done.stdout
    assert not {name.split("/")[1] for name in files_in(clone)} & {"raw", "clean", "quarantine.parquet"}
    assert "data/features/2020-06.parquet" in files_in(clone)


BREAK: dict[str, Callable[[S3FileSystem, str], None]] = {
    "another content": lambda bucket, key: bucket.pipe(key, bytes([bucket.cat(key)[0] ^ 1]) + bucket.cat(key)[1:]),
    "another content, 1,000 bytes": lambda bucket, key: bucket.pipe(key, bucket.cat(key)[:1000]),
    "missing": lambda bucket, key: bucket.rm(key),
}


def test_broken_objects_are_named_never_written_and_repaired(pushed: Path, clone: Path, bucket: S3FileSystem):
    keys = [object_of(pushed, table) for table in TABLES]
    contents = [bucket.cat(key) for key in keys]
    for key, break_it in zip(keys, BREAK.values(), strict=True):
        break_it(bucket, key)
    done = dvc(clone, "pull", *TABLES)
    assert done.returncode != 0
    assert all(table in done.stderr for table in TABLES), done.stderr
    assert files_in(clone) == []
    done = verify(pushed, "--remote")
    assert done.returncode == 1
    for table, key, problem in zip(TABLES, keys, BREAK, strict=True):
        assert f"{table} ({key}): {problem}" in done.stderr
    assert "data verify --remote --repair" in done.stderr
    done = verify(pushed, "--remote", "--repair")
    assert done.returncode == 0, done.stderr
    assert [bucket.cat(key) for key in keys] == contents
    assert "sent again 3 objects of 3" in done.stdout
    assert dvc(clone, "pull", *TABLES).returncode == 0
    assert files_in(clone) == [*TABLES]


def test_an_object_that_push_believes_to_be_there_is_repaired(pushed: Path, bucket: S3FileSystem):
    """DVC notes which folders a remote has, and does not look for their files again."""
    key = object_of(pushed, f"{FEATURES}/2020-03.parquet")
    bucket.rm(key)
    assert "up to date" in dvc(pushed, "push").stdout
    assert not bucket.exists(key)
    done = verify(pushed, "--remote", "--repair")
    assert done.returncode == 0, done.stderr
    assert bucket.exists(key)


def test_a_clone_without_the_data_can_verify_the_remote_but_not_repair_it(clone: Path, bucket: S3FileSystem):
    key = object_of(clone, TABLE)
    content = bucket.cat(key)
    bucket.pipe(key, content[:10])
    done = verify(clone, "--remote", "--repair")
    broken = bucket.cat(key)
    bucket.pipe(key, content)
    assert done.returncode == 1
    assert f"({key}): another content, 10 bytes" in done.stderr
    assert "sent again 0 objects of 1" in done.stdout
    assert broken == content[:10]


def test_a_list_of_files_that_is_broken_is_named_with_what_it_hides(clone: Path, bucket: S3FileSystem):
    md5 = next(out.hash_info.value for out in outs(clone) if str(out) == FEATURES)
    key = f"{OBJECTS}/{md5[:2]}/{md5[2:]}"
    content = bucket.cat(key)
    bucket.pipe(key, b"[]")
    done = verify(clone, "--remote")
    bucket.pipe(key, content)
    assert f"{FEATURES} ({key}): another content, 2 bytes" in done.stderr
    assert f"what {FEATURES} lists: unknown" in done.stderr


def outs(folder: Path) -> list:
    from dvc.repo import Repo

    with Repo(str(folder)) as repo:
        return list(repo.index.outs)


def test_a_killed_push_is_resumed(pushed: Path, tmp_path: Path):
    """Three hundred files of their own; the push is killed when some have come."""
    folder = clone_of(pushed, tmp_path / "many")
    dvc(folder, "remote", "modify", "--local", "storage", "url", "s3://ontime/many")
    (folder / "many").mkdir()
    for number in range(300):
        (folder / f"many/{number}.bin").write_bytes(os.urandom(20_000))
    assert dvc(folder, "add", "many").returncode == 0
    bucket = connect(pushed)
    push = subprocess.Popen(
        [Path(sys.executable).parent / "dvc", "push", "many.dvc", "-j", "2"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not bucket.find("ontime/many"):
        assert time.monotonic() < deadline
        assert push.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.killpg(push.pid, signal.SIGKILL)
    assert push.wait() == -signal.SIGKILL
    assert 0 < len(bucket.find("ontime/many")) < 301
    assert dvc(folder, "push", "many.dvc").returncode == 0
    assert len(bucket.find("ontime/many")) == 301
    shutil.rmtree(folder / "many")
    shutil.rmtree(folder / ".dvc/cache")
    assert dvc(folder, "pull", "many.dvc").returncode == 0
    assert len(list((folder / "many").iterdir())) == 300


@pytest.mark.parametrize(
    ("setting", "value", "cause", "step", "dvc_says"),
    [
        ("secret_access_key", "wrong", "does not match the signature", "credentials are wrong", "Forbidden"),
        ("access_key_id", None, "Unable to locate credentials", "AWS_ACCESS_KEY_ID", "Unable to locate credentials"),
        (
            "endpointurl",
            NOBODY,
            f'Could not connect to the endpoint URL: "{NOBODY}',
            "make storage",
            "Could not connect",
        ),
        ("url", "s3://nowhere", "The specified bucket does not exist", "make the bucket", "bucket does not exist"),
        ("url", "s3://ontime/empty", "holds nothing of what dvc.lock names", "--repair", "Is your cache up to date?"),
    ],
)
def test_a_remote_that_cannot_be_read_is_told_with_its_cause_and_the_next_step(
    setting: str, value: str | None, cause: str, step: str, dvc_says: str, clone: Path
):
    if value is None:
        for key in ("access_key_id", "secret_access_key"):
            assert dvc(clone, "remote", "modify", "--local", "--unset", "storage", key).returncode == 0
    else:
        assert dvc(clone, "remote", "modify", "--local", "storage", setting, value).returncode == 0
    done = verify(clone, "--remote")
    assert done.returncode == 1
    assert cause in done.stderr
    assert step in done.stderr
    assert "Traceback" not in done.stderr
    pulled = dvc(clone, "pull", AWS_MAX_ATTEMPTS="1")
    assert pulled.returncode != 0
    assert dvc_says in pulled.stderr
    assert dvc_says in (REPOSITORY / "docs/storage.md").read_text()
    assert files_in(clone) == []


def test_credentials_may_come_from_the_environment(pushed: Path, clone: Path):
    state = json.loads((pushed / ".ontime/storage/server.json").read_text())
    for key in ("access_key_id", "secret_access_key"):
        dvc(clone, "remote", "modify", "--local", "--unset", "storage", key)
    keys = {f"AWS_{key.upper()}": state[key] for key in ("access_key_id", "secret_access_key")}
    assert dvc(clone, "pull", TABLE, **keys).returncode == 0
    assert files_in(clone) == [TABLE]


def test_a_second_start_finds_the_server_and_another_address_is_left_alone(pushed: Path, clone: Path):
    assert "It runs already" in storage("start", pushed).stdout
    done = storage("start", clone)
    assert done.returncode == 1
    assert "points the remote 'storage' at s3://ontime" in done.stderr
    assert not (clone / ".ontime/storage/server.json").exists()


def test_a_stop_ends_just_that_server_and_a_start_finds_what_it_held(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        assert run("git", "init", "-q", folder=folder).returncode == 0
        assert dvc(folder, "init", "-q").returncode == 0
        shutil.copy(REPOSITORY / ".dvc/config", folder / ".dvc/config")
    try:
        with ThreadPoolExecutor() as pool:
            begun = list(pool.map(lambda folder: storage("start", folder), (one, other)))
        assert [done.returncode for done in begun] == [0, 0], "".join(map(output_of, begun))
        connect(one).pipe("ontime/kept", b"kept")
        assert "Ended process" in storage("stop", one).stdout
        assert connect(other).ls("ontime") == []
        assert (one / ".dvc/config.local").read_text().strip() == ""
        assert "No server of" in storage("stop", one).stdout
        assert storage("start", one).returncode == 0
        assert connect(one).cat("ontime/kept") == b"kept"
        mode = (one / ".ontime/storage/server.json").stat().st_mode
        assert mode & 0o077 == 0
    finally:
        for folder in (one, other):
            storage("stop", folder)
