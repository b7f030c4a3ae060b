"""git, by its own commands -> who wrote what and when, what differs from the last commit, and what a commit holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

from ontime.errors import OntimeError
from ontime.io.hashes import content_md5


@dataclass(frozen=True)
class Commit:
    """Who committed what, and when (ISO 8601, in the author's time zone)."""

    commit: str
    author: str
    when: str
    subject: str


def git(*arguments: str) -> str:
    """What a git command prints; nothing where it fails. Raises OntimeError where there is no git."""
    return _run(*arguments).stdout.decode()


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError as error:
        raise OntimeError("git is missing: install it (apt-get install git)") from error


def git_problem() -> str:
    """Why git cannot read a repository here, in its own words; nothing where it can."""
    done = _run("rev-parse", "--git-dir")
    return done.stderr.decode().strip() if done.returncode else ""


def cut_off() -> set[str]:
    """The commits at which the history of a shallow clone ends; none where it is whole."""
    place = Path(git("rev-parse", "--git-path", "shallow").strip())
    return set(place.read_text(encoding="ascii").split()) if place.is_file() else set()


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


def committed_md5s(path: Path, commit: str) -> dict[str, str]:
    """The MD5 of every file below a path, or of the path itself (by an empty name), as git has it at a commit."""
    names = git("ls-tree", "-r", "-z", "--name-only", commit, "--", path.as_posix()).split("\0")
    hashes = {}
    for name in filter(None, names):
        content = _run("cat-file", "blob", f"{commit}:./{name}").stdout
        inside = Path(name).relative_to(path).as_posix() if name != path.as_posix() else ""
        hashes[inside], _ = content_md5(BytesIO(content))
    return hashes


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
