"""git, by its own commands -> who wrote what and when, what differs from the last commit, and what a commit holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Commit:
    """Who committed what, and when (ISO 8601, in the author's time zone)."""

    commit: str
    author: str
    when: str
    subject: str


def git(*arguments: str) -> str:
    """What a git command prints; nothing where it fails."""
    done: Any = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout


def changed_files() -> list[str]:
    """The files that git tracks and that are not as HEAD has them."""
    return git("diff", "--name-only", "HEAD").splitlines()


def restore(path: Path) -> None:
    """Make a file again what HEAD has."""
    git("checkout", "HEAD", "--", path.as_posix())


def uncommitted(paths: Iterable[str]) -> list[str]:
    """Those of the paths, or of what is below them, that differ from the last commit."""
    listed = git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    return [entry[3:] for entry in listed.split("\0") if entry]


def is_committed(path: Path, commit: str) -> bool:
    """Is the path in git's tree of the commit?"""
    return bool(git("ls-tree", "--name-only", commit, "--", path.as_posix()))


def commit_details(commit: str) -> Commit:
    """Who committed it, and when."""
    printed = git("log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%aI%x00%s", commit)
    return Commit(*printed.strip().split("\0"))


def blame(path: Path, commit: str) -> list[Commit]:
    """Of every line of a file as it was, the commit that wrote it; nothing where the file was not there."""
    commits: list[Commit] = []
    fields: dict[str, str] = {}
    for line in git("blame", "--line-porcelain", commit, "--", path.as_posix()).splitlines():
        if line.startswith("\t"):
            commits.append(Commit(fields["commit"], fields["author"], _when(fields), fields["summary"]))
            fields = {}
        elif fields:
            name, _, value = line.partition(" ")
            fields[name] = value
        else:
            fields["commit"] = line.partition(" ")[0]
    return commits


def _when(fields: dict[str, str]) -> str:
    zone = fields["author-tz"]
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    return datetime.fromtimestamp(int(fields["author-time"]), offset).isoformat()
