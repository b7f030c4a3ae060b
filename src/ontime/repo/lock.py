"""dvc.lock -> what it records of each stage, value by value, with the line that it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Recorded:
    """A value of dvc.lock, the hash of a path or a parameter, and the place of its line there, counted from 0."""

    value: Any
    line: int


@dataclass(frozen=True)
class LockedStage:
    """What dvc.lock records of a stage: its command, the hashes of what it read and made by path, its params by key.

    sections: the keys of params as dvc.yaml names them, sections or single keys.
    """

    command: str
    deps: Mapping[str, Recorded] = field(default_factory=dict)
    outs: Mapping[str, Recorded] = field(default_factory=dict)
    params: Mapping[str, Recorded] = field(default_factory=dict)
    sections: frozenset[str] = frozenset()


def locked_stages(text: str) -> dict[str, LockedStage]:
    """Every stage of a dvc.lock."""
    locked = YAML().load(text) or {}  # in Python: the parser in C keeps no lines
    return {name: _stage(content) for name, content in locked.get("stages", {}).items()}


def _stage(content: Any) -> LockedStage:  # noqa: ANN401 - a CommentedMap, which knows its lines
    deps, outs = ({entry["path"]: _hash(entry) for entry in content.get(kind, [])} for kind in ("deps", "outs"))
    files = content.get("params", {})
    params = {
        key: Recorded(section[last], section.lc.key(last)[0])
        for values in files.values()
        for key, section, last in flat(values)
    }
    sections = frozenset(key for values in files.values() for key in values)
    return LockedStage(content["cmd"], deps, outs, params, sections)


def _hash(entry: Any) -> Recorded:  # noqa: ANN401
    return Recorded(str(entry[entry["hash"]]), entry.lc.value(entry["hash"])[0])


def flat(values: Any, before: str = "") -> Iterator[tuple[str, Any, str]]:  # noqa: ANN401 - nested mappings
    """The dotted key of every value in nested mappings, the mapping that holds it, and its key there."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", values, key


def makers(locked: Mapping[str, LockedStage], paths: Sequence[str]) -> list[str]:
    """The stages that the paths come from, each before those that make what it reads."""
    stages: list[str] = []

    def visit(path: str) -> None:
        for name in makers_of(locked, path):
            if name not in stages:
                for dep in locked[name].deps:
                    visit(dep)
                stages.append(name)

    for path in paths:
        visit(path)
    return stages[::-1]


def makers_of(locked: Mapping[str, LockedStage], path: str) -> list[str]:
    """The stages that make a path, what holds it or what is in it."""
    return [
        name for name, stage in locked.items() if any(_within(out, path) or _within(path, out) for out in stage.outs)
    ]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
