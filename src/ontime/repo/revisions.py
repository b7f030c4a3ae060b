"""A revision, or an experiment's name -> the files as they were then, from git, the cache or the remote."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ontime.errors import OntimeError
from ontime.repo import checked_files, old_layout
from ontime.repo.agreement import broken_chain
from ontime.repo.dvc_adapter import UnavailableError, in_words
from ontime.repo.history import cut_off, git, git_problem, is_committed
from ontime.repo.lock import locked_stages, makers

WORKSPACE = "workspace"
LOCK = Path("dvc.lock")
FETCH = "fetch it with `dvc pull`, or make it with `dvc repro`"


def resolve(name: str) -> str | None:
    """The commit of a git revision or of an experiment; None for the workspace."""
    return None if name == WORKSPACE else commit_of(name)


def commit_of(name: str) -> str:
    """The commit of a git revision or of an experiment.

    Raises OntimeError where there is no such thing, or several experiments have the name.
    """
    revision = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    experiments = git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}")
    commits = revision.split() or sorted(set(experiments.split()))
    if len(commits) == 1:
        return commits[0]
    if commits:
        raise OntimeError(f"{len(commits)} experiments are called {name!r}: name one by its commit (dvc exp show -A)")
    raise OntimeError(f"{name!r} is no revision and no experiment here. {_where_names_are(name)}")


def _where_names_are(name: str) -> str:
    """Why there may be no such revision or experiment."""
    if problem := git_problem():
        return f"git says: {problem}"
    if not git("rev-parse", "--verify", "--quiet", "HEAD"):
        return "Nothing is committed here yet"
    cut = cut_off()
    shallow = f"{_shallow(cut)}. " if cut else ""
    return (
        f"{shallow}Revisions: git log --oneline; experiments: dvc exp list -A; those of a git remote: "
        f"dvc exp pull <git remote> {name}"
    )


def require_whole_history(commits: Iterable[str]) -> None:
    """Raises OntimeError where one of the commits is one at which history is cut off: it stands for all before it."""
    cut = cut_off() & set(commits)
    if cut:
        raise OntimeError(f"{_shallow(cut)}. Which commit before it recorded what cannot be told without")


def require_deep_clone(reason: str) -> None:
    """Raises OntimeError, with the reason, in a shallow clone."""
    cut = cut_off()
    if cut:
        raise OntimeError(f"{reason}. {_shallow(cut)}")


def _shallow(cut: Iterable[str]) -> str:
    commits = ", ".join(in_words(commit) for commit in sorted(cut))
    return f"This clone is shallow: its history is cut off at {commits}, and `git fetch --unshallow` brings the rest"


def experiments_of(commit: str) -> dict[str, str]:
    """The experiments that started from a commit: their own commits by name."""
    place = f"refs/exps/{commit[:2]}/{commit[2:]}/"
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", place).splitlines()
    return dict(line.removeprefix(place).split() for line in lines)


def path_at(path: Path, commit: str | None) -> Path:
    """Where a file of today's name was at a commit: in older commits, by its older name, where git has that."""
    before = old_layout.PATHS.get(path.as_posix())
    if commit is None or before is None or is_committed(path, commit) or not is_committed(Path(before), commit):
        return path
    return Path(before)


def read_bytes_at(path: Path, commit: str | None) -> bytes:
    """A file as it was, also by its older name.

    Raises OntimeError where it is not in git, the workspace, the cache or the remote.
    """
    try:
        return checked_files.read_file(path_at(path, commit), commit)
    except UnavailableError as error:
        raise _unavailable(path, commit, error) from error


def require_current(path: Path, commit: str | None) -> None:
    """Raises OntimeError where dvc.lock says that what a path is made of was made anew, and the path was not."""
    if not (is_committed(LOCK, commit) if commit else LOCK.exists()):
        return
    locked = locked_stages(read_text_at(LOCK, commit))
    stages = makers(locked, [path.as_posix()])
    if stale := list(broken_chain(locked, stages)):
        raise OntimeError(
            f"{path} of {in_words(commit)} is older than what it is made of ({stale[0]}): make it anew, with dvc repro "
            f"{stages[0]}, or dvc exp run with {stages[0]} for its target"
        )


def read_backtest_at(path: Path, commit: str | None) -> pd.DataFrame:
    """A backtest as it was, with the columns that two are compared by. Raises OntimeError where it is out of date."""
    require_current(path, commit)
    return read_table_at(path, commit, ("id", "day", "outcome", "probability"))


def read_text_at(path: Path, commit: str | None) -> str:
    """A text as it was."""
    return read_bytes_at(path, commit).decode()


def read_table_at(path: Path, commit: str | None, columns: Sequence[str] = ()) -> pd.DataFrame:
    """A Parquet table as it was.

    Raises OntimeError where it cannot be had, is broken or no Parquet, or lacks one of the columns.
    """
    content = pa.BufferReader(read_bytes_at(path, commit))
    try:
        # In this thread: one that still holds the bytes when a short run ends can take the interpreter down with it.
        table = pq.ParquetFile(content).read(use_threads=False)
        table.validate(full=True)
        frame = table.to_pandas(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]  # pyarrow may add the whole schema
        mend = "data verify says whether it is what dvc.lock names, data verify --repair puts it right"
        raise OntimeError(f"{path} of {in_words(commit)} cannot be read as Parquet ({reason}): {mend}") from error
    if missing := [name for name in columns if name not in frame]:
        here = ", ".join(map(str, frame.columns))
        raise OntimeError(
            f"{path} of {in_words(commit)}: expected columns {', '.join(missing)}, which are not among {here}"
        )
    return frame


def hashes_at(folder: Path, commit: str | None) -> dict[str, str]:
    """Path below `folder` -> MD5 of the content, of every file that DVC moved there; only the workspace's are read.

    Raises OntimeError where there is no such folder.
    """
    hashes = _hashes_now(folder) if commit is None else _hashes_of_commit(folder, commit)
    if not hashes:
        raise OntimeError(f"{in_words(commit)} has no {folder}: {FETCH}")
    return {Path(name).relative_to(folder).as_posix(): md5 for name, md5 in hashes.items()}


def _hashes_now(folder: Path) -> dict[str, str]:
    return {path.as_posix(): _md5(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _hashes_of_commit(folder: Path, commit: str) -> dict[str, str]:
    try:
        return {name: md5 for name, md5 in checked_files.files_below(folder, commit).items() if md5}
    except UnavailableError as error:
        raise _unavailable(folder, commit, error) from error


def _unavailable(path: Path, commit: str | None, error: UnavailableError) -> OntimeError:
    return OntimeError(f"{path} of {in_words(commit)} cannot be had ({error}): {FETCH}")


def _md5(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def dvc_diff(kind: str, before: str, now: str) -> dict[str, Any]:
    """What `dvc <kind> diff` says of two revisions or experiments; `kind` is metrics, params or plots.

    What has an older name in one of the revisions stands under its name of today. Raises OntimeError where a revision
    is unknown, or with what DVC complains of.
    """
    names = {resolve(name) or WORKSPACE: name for name in (before, now)}
    command = [sys.executable, "-m", "dvc", kind, "diff", "--json", resolve(before), resolve(now)]
    done: Any = subprocess.run([word or WORKSPACE for word in command], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise OntimeError(f"dvc {kind} diff {before} {now} failed:\n{done.stderr.strip()}")
    text = done.stdout
    for commit, name in names.items():
        text = text.replace(json.dumps(commit), json.dumps(name))
    changes = json.loads(text)
    return changes if kind == "plots" else old_layout.renamed(changes)
