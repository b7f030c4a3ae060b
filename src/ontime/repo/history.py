"""A revision -> who wrote what of it, and whether its files are what dvc.lock records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ontime.errors import OntimeError
from ontime.repo.revisions import git, where


class Commit(NamedTuple):
    """Who committed what, and when (ISO 8601, in the author's time zone)."""

    commit: str
    author: str
    when: str
    subject: str


@dataclass(frozen=True)
class Declared:
    """What dvc.yaml says of a stage, and where dvc.lock and the files say something else: path or key -> how."""

    deps: frozenset[str]
    outs: frozenset[str]
    params: frozenset[str]
    differs: dict[str, str]


def declared(commit: str | None) -> dict[str, Declared]:
    """Every stage of dvc.yaml as it was, held against dvc.lock and the files by DVC's own hashes.

    Of a commit, what DVC moves is in no tree of git and is not looked at. Raises OntimeError where DVC cannot say.
    """
    from dvc.exceptions import DvcException  # noqa: PLC0415 - takes most of a second
    from dvc.repo import Repo  # noqa: PLC0415

    try:
        with Repo(".", rev=commit) as repo:
            stages: list[Any] = [stage for stage in repo.index.stages if hasattr(stage, "name")]
            moved = {out.def_path for stage in stages for out in stage.outs if out.use_cache} if commit else set()
            return {stage.name: _declared(stage, moved) for stage in stages}
    except DvcException as error:
        raise OntimeError(f"dvc.yaml and dvc.lock of {where(commit)} cannot be read: {error}") from error


def _declared(stage: Any, moved: set[str]) -> Declared:  # noqa: ANN401 - DVC's PipelineStage
    params = [dep for dep in stage.deps if hasattr(dep, "params")]
    files = [dep for dep in stage.deps if not hasattr(dep, "params")]
    differs = {"its command": "modified"} if stage.cmd_changed else {}
    for entry in (*files, *stage.outs):
        if entry.def_path not in moved and (status := entry.workspace_status()):
            differs[entry.def_path] = ", ".join(status.values())
    for entry in params:
        recorded, found = (dict(_flat(values or {})) for values in (entry.hash_info.value, entry.read_params()))
        both = recorded.keys() & found.keys()
        differs |= {f"{entry.def_path}: {key}": "modified" for key in sorted(both) if recorded[key] != found[key]}
        differs |= {f"{entry.def_path}: {key}": "deleted" for key in recorded if key not in both}
        differs |= {f"{entry.def_path}: {key}": "new" for key in found if key not in both}
    return Declared(
        deps=frozenset(dep.def_path for dep in files),
        outs=frozenset(out.def_path for out in stage.outs),
        params=frozenset(key for dep in params for key in dep.params),
        differs=differs,
    )


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested params by their dotted keys."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def uncommitted(paths: Iterable[str]) -> dict[str, str]:
    """Those of the paths, or of what is below them, that differ from the last commit: path -> git's letters for how."""
    listed = git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    return {entry[3:]: entry[:2] for entry in listed.split("\0") if entry}


def has(path: Path, commit: str) -> bool:
    """Is the path in git's tree of the commit?"""
    return bool(git("ls-tree", "--name-only", commit, "--", path.as_posix()))


def who(commit: str) -> Commit:
    """Who committed it, and when."""
    return Commit(
        *git("log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%aI%x00%s", commit).strip().split("\0")
    )


def blame(path: Path, commit: str) -> list[Commit]:
    """Of every line of a file as it was, the commit that wrote it; nothing where the file was not there."""
    found, about = [], {}
    for line in git("blame", "--line-porcelain", commit, "--", path.as_posix()).splitlines():
        if line.startswith("\t"):
            found.append(Commit(about["commit"], about["author"], _when(about), about["summary"]))
            about = {}
        elif about:
            name, _, value = line.partition(" ")
            about[name] = value
        else:
            about["commit"] = line.partition(" ")[0]
    return found


def _when(about: dict[str, str]) -> str:
    zone = about["author-tz"]
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    return datetime.fromtimestamp(int(about["author-time"]), offset).isoformat()
