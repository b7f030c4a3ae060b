"""This checkout, repositories of the tests' own, and commands that are run in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment's programs first, as `make` does; the output is text."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, **environment}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, check=False)


def commit(folder: Path) -> None:
    """Commit all that git sees in a repository of the tests' own."""
    assert run("git", "add", "-A", folder=folder).returncode == 0
    done = run(
        "git",
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@localhost",
        "commit",
        "--allow-empty",
        "-qm",
        "x",
        folder=folder,
    )
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
