"""A small DVC repository with a pipeline of two kinds of stages, and its objects, to break."""

import hashlib
from pathlib import Path

from repositories import commit, run

PIPELINE = """\
stages:
  make:
    cmd: mkdir -p data/table metrics/make && cp one.txt data/table/a && cp one.txt metrics/make/a.csv
    deps: [one.txt]
    params: [section, other.key]
    outs:
      - data/table
      - metrics/make:
          cache: false
  read:
    foreach: [x, y]
    do:
      cmd: cp data/table/a data/${item}
      deps: [data/table]
      outs: ["data/${item}"]
"""
PARAMS = "section: {list: [1, 2], deep: {value: a}}\nother: {key: 1, free: 2}\n"
ONE = b"one\n"


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def make_pushed(folder: Path) -> None:
    """The pipeline, run, committed and pushed to a folder as its remote, which is beside it."""
    folder.mkdir()
    (folder / "one.txt").write_bytes(ONE)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / ".gitignore").write_text("/data\n")
    for command in ("git init -q", "dvc init -q", "dvc config core.analytics false"):
        assert run(*command.split(), folder=folder).returncode == 0
    (folder.parent / "remote").mkdir()
    assert run("dvc", "remote", "add", "-d", "storage", "../remote", folder=folder).returncode == 0
    done = run("dvc", "repro", folder=folder)
    assert done.returncode == 0, done.stderr
    commit(folder)
    assert run("dvc", "push", folder=folder).returncode == 0


def head(folder: Path) -> str:
    return run("git", "rev-parse", "HEAD", folder=folder).stdout.strip()


def replace(path: Path, content: bytes) -> None:
    path.unlink()  # what DVC put there is read-only
    path.write_bytes(content)


def object_of(folder: Path, path: str) -> Path:
    """Where the cache of a repository has the object of a file or folder that is in its workspace, or in dvc.lock."""
    listed = run("dvc", "ls", ".", str(Path(path).parent), "--rev", "HEAD", "--show-hash", folder=folder)
    hashes = {line.split()[-1]: line.split()[0] for line in listed.stdout.splitlines()}
    name = hashes[Path(path).name]
    cache = run("dvc", "cache", "dir", folder=folder).stdout.strip()
    return folder / cache / "files/md5" / name[:2] / name[2:]


def cut(path: Path) -> None:
    """Only the first half of what was there, read-only as before."""
    replace_read_only(path, path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """One bit in the middle, read-only as before."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace_read_only(path, bytes(content))


def replace_read_only(path: Path, content: bytes) -> None:
    replace(path, content)
    path.chmod(0o444)
