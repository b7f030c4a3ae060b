"""dvc.lock, and dvc.yaml with params and files -> every place where they say different things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ontime.repo.dvc_adapter import DeclaredParams, DeclaredStage
from ontime.repo.lock import LockedStage, flat

PROBLEMS = {
    "modified": "is not what dvc.lock records",
    "deleted": "is missing",
    "new": "is not recorded in dvc.lock",
}
DIGITS = 12


def disagreements(
    locked: Mapping[str, LockedStage], declared: Mapping[str, DeclaredStage], names: Sequence[str]
) -> list[str]:
    """What dvc.yaml, params and files say otherwise than dvc.lock of these stages, and where it contradicts itself."""
    wrong = [f"{name}: the stage is in dvc.lock and not in dvc.yaml" for name in names if name not in declared]
    both = [name for name in names if name in declared]
    for name in both:
        wrong += _in_one_alone(name, locked[name], declared[name])
    wrong += _contents({name: declared[name] for name in both})
    wrong += broken_chain(locked, names)
    needed = {path for name in both for path in declared[name].deps}
    return wrong + [
        f"{name}: the stage is in dvc.yaml and not in dvc.lock"
        for name, stage in declared.items()
        if name not in locked and needed & set(stage.outs)
    ]


def _in_one_alone(name: str, locked: LockedStage, declared: DeclaredStage) -> Iterator[str]:
    """What only one of dvc.lock and dvc.yaml names."""
    keys = {key for params in declared.params for key in params.keys}
    kinds = (
        ("reads", set(locked.deps), set(declared.deps)),
        ("makes", set(locked.outs), set(declared.outs)),
        ("reads of params.yaml", set(locked.sections), keys & locked.sections),  # of new ones DVC says so itself
    )
    for verb, in_lock, in_pipeline in kinds:
        yield from (f"{name}: {verb} {path} in dvc.lock, not in dvc.yaml" for path in sorted(in_lock - in_pipeline))
        yield from (f"{name}: {verb} {path} in dvc.yaml, not in dvc.lock" for path in sorted(in_pipeline - in_lock))


def _contents(declared: Mapping[str, DeclaredStage]) -> list[str]:
    """Paths and params that are not as recorded, each once with the stages that read or make it."""
    stages: dict[tuple[str, str], list[str]] = {}
    for name, stage in declared.items():
        for path, status in _differences(stage):
            if status != "new" or path not in {*stage.deps, *stage.outs}:  # which only dvc.yaml names: said above
                stages.setdefault((path, status), []).append(name)
    return [f"{', '.join(names)}: {path} {PROBLEMS.get(status, status)}" for (path, status), names in stages.items()]


def _differences(stage: DeclaredStage) -> Iterator[tuple[str, str]]:
    """Path or key, and how it differs from dvc.lock."""
    if stage.command_changed:
        yield "its command", "modified"
    yield from ((path, status) for path, status in {**stage.deps, **stage.outs}.items() if status)
    for params in stage.params:
        yield from ((f"{params.file}: {key}", status) for key, status in _changed_params(params))


def _changed_params(params: DeclaredParams) -> Iterator[tuple[str, str]]:
    recorded, current = (
        {key: section[last] for key, section, last in flat(values)} for values in (params.recorded, params.current)
    )
    both = recorded.keys() & current.keys()
    yield from ((key, "modified") for key in sorted(both) if recorded[key] != current[key])
    yield from ((key, "deleted") for key in recorded if key not in both)
    yield from ((key, "new") for key in current if key not in both)


def broken_chain(locked: Mapping[str, LockedStage], names: Sequence[str]) -> Iterator[str]:
    """Stages that read something else than what was made."""
    outputs = {path: (name, recorded.value) for name, stage in locked.items() for path, recorded in stage.outs.items()}
    for name in names:
        for path, recorded in locked[name].deps.items():
            maker, value = outputs.get(path, ("", recorded.value))
            if value != recorded.value:
                yield f"{name}: read {path} {recorded.value[:DIGITS]} in dvc.lock, and {maker} made {value[:DIGITS]}"
