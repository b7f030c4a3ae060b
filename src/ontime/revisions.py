"""A revision, or an experiment's name -> the files as they were then, from git, the cache or the remote."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from ontime.errors import OntimeError

WORKSPACE = "workspace"


def resolve(name: str) -> str | None:
    """The commit of a git revision or of an experiment; None for the workspace."""
    return None if name == WORKSPACE else commit_of(name)


def commit_of(name: str) -> str:
    """The commit of a git revision or of an experiment.

    Raises OntimeError where there is no such thing, or several experiments have the name.
    """
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    experiments = _git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}")
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
    lines = _git("for-each-ref", "--format=%(refname) %(objectname)", where).splitlines()
    return dict(line.removeprefix(where).split() for line in lines)


def changed() -> list[str]:
    """The files that git tracks and that are not as HEAD has them."""
    return _git("diff", "--name-only", "HEAD").splitlines()


def restore(path: Path) -> None:
    """Make a file again what HEAD has."""
    _git("checkout", "HEAD", "--", path.as_posix())


def read_bytes(path: Path, commit: str | None) -> bytes:
    """A file as it was. Raises OntimeError where it is not in git, the workspace, the cache or the remote."""
    from dvc.api import DVCFileSystem  # noqa: PLC0415 - takes most of a second
    from dvc.exceptions import DvcException  # noqa: PLC0415

    try:
        content: Any = DVCFileSystem(".", rev=commit).read_bytes(path.as_posix())
    except (DvcException, OSError) as error:
        where = commit[:7] if commit else "the workspace"
        raise OntimeError(
            f"{path} of {where} cannot be had ({error}): fetch it with `dvc pull`, or make it with `dvc repro`"
        ) from error
    return content


def read_parquet(path: Path, commit: str | None) -> pd.DataFrame:
    """A table as it was."""
    return pd.read_parquet(io.BytesIO(read_bytes(path, commit)))


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


def _git(*arguments: str) -> str:
    done: Any = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout
