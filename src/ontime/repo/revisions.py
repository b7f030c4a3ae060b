"""A revision, or an experiment's name -> the files as they were then, from git, the cache or the remote."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ontime.errors import OntimeError

if TYPE_CHECKING:
    from dvc.api import DVCFileSystem

WORKSPACE = "workspace"


def resolve(name: str) -> str | None:
    """The commit of a git revision or of an experiment; None for the workspace."""
    return None if name == WORKSPACE else commit_of(name)


def commit_of(name: str) -> str:
    """The commit of a git revision or of an experiment.

    Raises OntimeError where there is no such thing, or several experiments have the name.
    """
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    experiments = git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}")
    commits = found.split() or sorted(set(experiments.split()))
    if len(commits) == 1:
        return commits[0]
    if commits:
        raise OntimeError(f"{len(commits)} experiments are called {name!r}: name one by its commit (dvc exp show -A)")
    raise OntimeError(
        f"{name!r} is no revision and no experiment here. Revisions: git log --oneline; experiments: dvc exp list -A; "
        f"those of a git remote: dvc exp pull <git remote> {name}"
    )


def experiments_of(commit: str) -> dict[str, str]:
    """The experiments that started from a commit: their own commits by name."""
    where = f"refs/exps/{commit[:2]}/{commit[2:]}/"
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", where).splitlines()
    return dict(line.removeprefix(where).split() for line in lines)


def changed() -> list[str]:
    """The files that git tracks and that are not as HEAD has them."""
    return git("diff", "--name-only", "HEAD").splitlines()


def restore(path: Path) -> None:
    """Make a file again what HEAD has."""
    git("checkout", "HEAD", "--", path.as_posix())


def read_bytes(path: Path, commit: str | None) -> bytes:
    """A file as it was. Raises OntimeError where it is not in git, the workspace, the cache or the remote."""
    with _had(path, commit):
        content: Any = _files(commit).read_bytes(path.as_posix())
        return content


def read_text(path: Path, commit: str | None) -> str:
    """A text as it was."""
    return read_bytes(path, commit).decode()


def read_parquet(path: Path, commit: str | None) -> pd.DataFrame:
    """A table as it was."""
    # In this thread: one that still holds the bytes when a short run ends can take the interpreter down with it.
    table = pq.ParquetFile(pa.BufferReader(read_bytes(path, commit))).read(use_threads=False)
    return table.to_pandas(use_threads=False)


def hashes(folder: Path, commit: str | None) -> dict[str, str]:
    """Path below `folder` -> MD5 of the content, of every file that DVC moved there; only the workspace's are read.

    Raises OntimeError where there is no such folder.
    """
    if commit is None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        found = {path.relative_to(folder).as_posix(): _md5(path) for path in paths}
    else:
        with _had(folder, commit):
            listed: Any = _files(commit).find(folder.as_posix(), detail=True)
        found = {
            Path(name).relative_to(folder).as_posix(): info["md5"] for name, info in listed.items() if "md5" in info
        }
    if not found:
        raise OntimeError(f"{where(commit)} has no {folder}: fetch it with `dvc pull`, or make it with `dvc repro`")
    return found


def changes(kind: str, before: str, now: str) -> dict[str, Any]:
    """What `dvc <kind> diff` says of two revisions or experiments; `kind` is metrics, params or plots.

    Raises OntimeError where one is unknown, or with what DVC complains of.
    """
    names = {resolve(name) or WORKSPACE: name for name in (before, now)}
    command = [sys.executable, "-m", "dvc", kind, "diff", "--json", resolve(before), resolve(now)]
    done: Any = subprocess.run([word or WORKSPACE for word in command], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise OntimeError(f"dvc {kind} diff {before} {now} failed:\n{done.stderr.strip()}")
    text = done.stdout
    for commit, name in names.items():
        text = text.replace(json.dumps(commit), json.dumps(name))
    return json.loads(text)


def git(*arguments: str) -> str:
    """What a git command prints; nothing where it fails."""
    done: Any = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout


@contextmanager
def _had(path: Path, commit: str | None) -> Iterator[None]:
    """What DVC cannot get is an error that says how to get it."""
    from dvc.exceptions import DvcException  # noqa: PLC0415 - takes most of a second
    from dvc_data.index.index import DataIndexDirError  # noqa: PLC0415

    try:
        yield
    except (DvcException, DataIndexDirError, OSError) as error:
        raise OntimeError(
            f"{path} of {where(commit)} cannot be had ({error}): fetch it with `dvc pull`, or make it with `dvc repro`"
        ) from error


def where(commit: str | None) -> str:
    """A commit in words."""
    return commit[:7] if commit else "the workspace"


def _files(commit: str | None) -> DVCFileSystem:
    from dvc.api import DVCFileSystem  # noqa: PLC0415 - takes most of a second

    return _committed(commit) if commit else DVCFileSystem(".")


@cache
def _committed(commit: str) -> DVCFileSystem:
    from dvc.api import DVCFileSystem  # noqa: PLC0415

    return DVCFileSystem(".", rev=commit)


def _md5(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
