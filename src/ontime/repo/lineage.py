"""dvc.lock, who wrote its lines, and the pins of packages -> where a file comes from, back to every input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ontime.repo.history import Commit
from ontime.repo.lock import LockedStage, makers, makers_of
from ontime.repo.pins import Pin


@dataclass(frozen=True)
class TracedModel:
    """A file or folder: its path, its hash, the stage that made it, and the commit that recorded it."""

    path: str
    hash: str
    stage: str
    commit: str


@dataclass(frozen=True)
class TracedParam:
    """A parameter's value, and the commit that recorded it."""

    value: Any
    commit: str


@dataclass(frozen=True)
class TracedInput:
    """What a stage read: its path, its hash, the commit that recorded it, and which other stages made it."""

    path: str
    hash: str
    commit: str
    made_by: list[str]


@dataclass(frozen=True)
class TracedStage:
    """A stage: its command, its params by key, what it read, and the hash of what it made by path."""

    stage: str
    command: str
    params: Mapping[str, TracedParam]
    inputs: list[TracedInput]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class TracedPackage:
    """A package: its release, the SHA-256 of every file of it that may be installed, the commit that pinned it."""

    version: str
    sha256: list[str]
    commit: str


@dataclass(frozen=True)
class Lineage:
    """Where a model comes from: its stages, each before those that make what it reads; packages by name.

    commits: each commit that recorded something of this, by its hash.
    """

    model: TracedModel
    stages: list[TracedStage]
    packages: Mapping[str, TracedPackage]
    commits: Mapping[str, Commit]


def lineage(
    locked: Mapping[str, LockedStage],
    path: str,
    lines: Sequence[Commit],
    pinned: Mapping[str, Pin],
    pin_lines: Sequence[Commit],
) -> Lineage:
    """Where `path`, an output of a stage, comes from.

    lines, pin_lines: the commits that wrote the lines of dvc.lock and of requirements.lock.
    """
    names = makers(locked, [path])
    model = locked[names[0]].outs[path]
    traced = [model]
    for name in names:
        traced += [*locked[name].params.values(), *locked[name].deps.values()]
    writers = [lines[recorded.line] for recorded in traced] + [pin_lines[pin.line] for pin in pinned.values()]
    return Lineage(
        model=TracedModel(path, model.value, names[0], lines[model.line].commit),
        stages=[_stage(locked, name, lines) for name in names],
        packages={
            name: TracedPackage(pin.version, pin.sha256, pin_lines[pin.line].commit) for name, pin in pinned.items()
        },
        commits={writer.commit: writer for writer in writers},
    )


def _stage(locked: Mapping[str, LockedStage], name: str, lines: Sequence[Commit]) -> TracedStage:
    stage = locked[name]
    return TracedStage(
        stage=name,
        command=stage.command,
        params={
            key: TracedParam(recorded.value, lines[recorded.line].commit) for key, recorded in stage.params.items()
        },
        inputs=[
            TracedInput(path, recorded.value, lines[recorded.line].commit, _others(locked, path, name))
            for path, recorded in stage.deps.items()
        ],
        outputs={path: recorded.value for path, recorded in stage.outs.items()},
    )


def _others(locked: Mapping[str, LockedStage], path: str, name: str) -> list[str]:
    return [other for other in makers_of(locked, path) if other != name]
