"""dvc.lock, who wrote its lines, and the pins of packages -> where a file comes from, and what does not agree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from ontime.repo.history import Commit, Declared

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==(\S+)((?:.|\n)*?)(?=^\S|\Z)", re.MULTILINE)
SHA = re.compile(r"--hash=sha256:([0-9a-f]{64})")
HOW = {"modified": "is not what dvc.lock records", "deleted": "is missing", "new": "is not recorded in dvc.lock"}
DIGITS = 12


@dataclass(frozen=True)
class Recorded:
    """A value of dvc.lock, the hash of a path or a parameter, and the place of its line there, counted from 0."""

    value: Any
    line: int


@dataclass(frozen=True)
class Stage:
    """What dvc.lock records of a stage: its command, and by path the hashes of what it read and made; its params."""

    command: str
    deps: Mapping[str, Recorded] = field(default_factory=dict)
    outs: Mapping[str, Recorded] = field(default_factory=dict)
    params: Mapping[str, Recorded] = field(default_factory=dict)
    sections: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pin:
    """A package in requirements.lock: its release, the SHA-256 of every file of it that may be installed, its line."""

    version: str
    sha256: list[str]
    line: int


def stages(text: str) -> dict[str, Stage]:
    """Every stage of a dvc.lock."""
    locked = YAML().load(text) or {}
    return {name: _stage(content) for name, content in locked.get("stages", {}).items()}


def _stage(content: Any) -> Stage:  # noqa: ANN401 - a CommentedMap, which knows its lines
    deps, outs = ({entry["path"]: _hash(entry) for entry in content.get(kind, [])} for kind in ("deps", "outs"))
    files = content.get("params", {})
    params = {key: its for values in files.values() for key, its in _flat(values)}
    return Stage(content["cmd"], deps, outs, params, frozenset(key for values in files.values() for key in values))


def _hash(entry: Any) -> Recorded:  # noqa: ANN401
    return Recorded(str(entry[entry["hash"]]), entry.lc.value(entry["hash"])[0])


def _flat(values: Any, before: str = "") -> Iterator[tuple[str, Recorded]]:  # noqa: ANN401
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", Recorded(value, values.lc.key(key)[0])


def pins(text: str) -> dict[str, Pin]:
    """Every package of a requirements.lock, by its normalised name."""
    return {
        normal(found[1]): Pin(found[2], SHA.findall(found[3]), text.count("\n", 0, found.start()))
        for found in PIN.finditer(text)
    }


def asked_for(project: str) -> list[str]:
    """The packages that a pyproject.toml asks for to run, by their normalised names."""
    asked = tomllib.loads(project).get("project", {}).get("dependencies", [])
    return sorted(normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in asked)


def normal(name: str) -> str:
    """A package's name as packaging.python.org normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def makers(locked: Mapping[str, Stage], paths: Sequence[str]) -> list[str]:
    """The stages that the paths come from, each after those that read what it makes."""
    found: list[str] = []

    def visit(path: str) -> None:
        for name in _makers_of(locked, path):
            if name not in found:
                for dep in locked[name].deps:
                    visit(dep)
                found.append(name)

    for path in paths:
        visit(path)
    return found[::-1]


def _makers_of(locked: Mapping[str, Stage], path: str) -> list[str]:
    """The stages that make a path, what holds it or what is in it."""
    return [
        name for name, stage in locked.items() if any(_within(out, path) or _within(path, out) for out in stage.outs)
    ]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def disagreements(locked: Mapping[str, Stage], declared: Mapping[str, Declared], names: Sequence[str]) -> list[str]:
    """What dvc.yaml, params and files say otherwise than dvc.lock of these stages, and where it contradicts itself."""
    wrong = [f"{name}: the stage is in dvc.lock and not in dvc.yaml" for name in names if name not in declared]
    both = [name for name in names if name in declared]
    wrong += [line for name in both for line in _undeclared(name, locked[name], declared[name])]
    wrong += _contents({name: declared[name] for name in both})
    wrong += _chain(locked, names)
    needed = {path for name in both for path in declared[name].deps}
    return wrong + [
        f"{name}: the stage is in dvc.yaml and not in dvc.lock"
        for name, says in declared.items()
        if name not in locked and needed & says.outs
    ]


def _undeclared(name: str, stage: Stage, says: Declared) -> Iterator[str]:
    """What only one of dvc.lock and dvc.yaml names."""
    kinds = (
        ("reads", set(stage.deps), says.deps),
        ("makes", set(stage.outs), says.outs),
        ("reads of params.yaml", stage.sections, says.params & stage.sections),  # of new ones DVC says so itself
    )
    for verb, ours, theirs in kinds:
        yield from (f"{name}: {verb} {path} in dvc.lock, not in dvc.yaml" for path in sorted(ours - theirs))
        yield from (f"{name}: {verb} {path} in dvc.yaml, not in dvc.lock" for path in sorted(theirs - ours))


def _contents(declared: Mapping[str, Declared]) -> list[str]:
    """Paths and params that are not as recorded, each once with the stages that say so."""
    said: dict[tuple[str, str], list[str]] = {}
    for name, says in declared.items():
        for path, how in says.differs.items():
            if not (how == "new" and path in says.deps | says.outs):  # which is told as undeclared
                said.setdefault((path, how), []).append(name)
    return [f"{', '.join(names)}: {path} {HOW.get(how, how)}" for (path, how), names in said.items()]


def _chain(locked: Mapping[str, Stage], names: Sequence[str]) -> Iterator[str]:
    """Stages that read something else than what was made."""
    made = {path: (name, its.value) for name, stage in locked.items() for path, its in stage.outs.items()}
    for name in names:
        for path, its in locked[name].deps.items():
            maker, value = made.get(path, ("", its.value))
            if value != its.value:
                yield f"{name}: read {path} {its.value[:DIGITS]} in dvc.lock, and {maker} made {value[:DIGITS]}"


def lineage(
    locked: Mapping[str, Stage],
    path: str,
    lines: Sequence[Commit],
    pinned: Mapping[str, Pin],
    pin_lines: Sequence[Commit],
) -> dict[str, Any]:
    """What JSON holds of where `path` comes from, stage by stage; of each value, the commit that recorded it.

    lines, pin_lines: the commits that wrote the lines of dvc.lock and of requirements.lock.
    """
    used: dict[str, Commit] = {}

    def wrote(commits: Sequence[Commit], line: int) -> str:
        used[commits[line].commit] = commits[line]
        return commits[line].commit

    def entry(path: str, its: Recorded, name: str) -> dict[str, Any]:
        others = [other for other in _makers_of(locked, path) if other != name]
        return {"path": path, "hash": its.value, "commit": wrote(lines, its.line), "made_by": others}

    names = makers(locked, [path])
    told = [
        {
            "stage": name,
            "command": locked[name].command,
            "params": {
                key: {"value": its.value, "commit": wrote(lines, its.line)} for key, its in locked[name].params.items()
            },
            "inputs": [entry(path, its, name) for path, its in locked[name].deps.items()],
            "outputs": {path: its.value for path, its in locked[name].outs.items()},
        }
        for name in names
    ]
    its = locked[names[0]].outs[path]
    return {
        "model": {"path": path, "hash": its.value, "stage": names[0], "commit": wrote(lines, its.line)},
        "stages": told,
        "packages": {
            name: {"version": pin.version, "sha256": pin.sha256, "commit": wrote(pin_lines, pin.line)}
            for name, pin in pinned.items()
        },
        "commits": {commit: its._asdict() for commit, its in used.items()},
    }
