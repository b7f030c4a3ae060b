"""This checkout, repositories of the tests' own, and commands that are run in them."""

import contextlib
import io
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from ruamel.yaml import YAML

from ontime import cli
from ontime.dataset.dataset import Dataset

REPOSITORY = Path(__file__).parents[1]
SPINE = (
    "fetch",
    "validate",
    "featurize",
    "train",
    "backtest",
    "evaluate",
    "bundle",
)  # of the second dataset, as of the first
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost")
Done = subprocess.CompletedProcess[str]


def run(*command: str | Path, folder: Path, **environment: str) -> Done:
    """Run a command with this environment's programs first, as `make` does; the output is text."""
    given = {**os.environ, "PATH": PATH, **environment}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, check=False)


def call(dataset: Dataset, *words: str | Path, folder: Path) -> Done:
    """Run a verb as `run` would, but in this process, which need not start Python and read all libraries again."""
    typed = [str(word) for word in words]
    out, err, log = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO(), logging.getLogger()
    handlers, level = log.handlers, log.level
    log.handlers = []  # so that the verb sets up its own, as in a process of its own
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch.dict(os.environ, PATH=PATH),
        ):
            code = cli.main(dataset, typed)
    finally:
        log.handlers = handlers
        log.setLevel(level)
    out.seek(0)
    return subprocess.CompletedProcess(typed, code, out.read(), err.getvalue())


def commit(folder: Path, *options: str) -> None:
    """Commit all that git sees in a repository of the tests' own."""
    assert run("git", "add", "-A", folder=folder).returncode == 0
    done = run("git", *AUTHOR, "commit", "--allow-empty", "-qm", "x", *options, folder=folder)
    assert done.returncode == 0, done.stderr


def toy_repository(folder: Path) -> Path:
    """A git and DVC repository of its own with the second dataset, committed; nothing is run yet."""
    shutil.copytree(REPOSITORY / "tests/toy", folder / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml"):
        (folder / "toy" / name).rename(folder / name)
    shutil.copy(REPOSITORY / ".gitignore", folder)
    for command in (("git", "init", "-q"), ("dvc", "init", "-q"), ("dvc", "config", "core.analytics", "false")):
        assert run(*command, folder=folder).returncode == 0
    commit(folder)  # dvclive asks git for one
    return folder


def keep_spine(folder: Path) -> None:
    """Take what comes after `bundle` out of a repository of the second dataset, and out of its last commit."""
    yaml = YAML()
    for name in ("dvc.yaml", "dvc.lock"):
        content = yaml.load((folder / name).read_text())
        for stage in [stage for stage in content["stages"] if stage not in SPINE]:
            del content["stages"][stage]
        if "metrics" in content:
            content["metrics"] = [path for path in content["metrics"] if Path(path).parts[1] in SPINE]
        with (folder / name).open("w") as file:
            yaml.dump(content, file)
    for path in (folder / "metrics").iterdir():
        if path.name not in SPINE:
            shutil.rmtree(path)
    commit(folder, "--amend")
