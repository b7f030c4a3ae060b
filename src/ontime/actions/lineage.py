"""A revision -> where its model comes from: commits, params, hash of every input, metrics; or all that is wrong."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import shorten
from typing import Any

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.repo.history import blame, declared, has, uncommitted, who
from ontime.repo.lineage import DIGITS, Pin, Stage, asked_for, disagreements, lineage, makers, normal, pins, stages
from ontime.repo.revisions import WORKSPACE, commit_of, read_text, resolve

SHORT = 7  # digits of a commit
MEND = "run `dvc repro`, or `dvc checkout` for what is committed, and commit; or name a commit: lineage HEAD"
ELSEWHERE = "name a commit whose dvc.lock `make lock-check` calls up to date, or run `dvc repro` there and commit"
RELEASE, LEVEL = "fetch.release", "intervals.level"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which model."""
    about = "a git revision or an experiment's name; without one, the workspace"
    parser.add_argument("revision", nargs="?", default=WORKSPACE, help=about)
    parser.add_argument("--json", dest="as_json", action="store_true", help="everything, for machines")


def run(dataset: Dataset, files: Files, *, revision: str, as_json: bool) -> None:
    """Print the lineage. Raises OntimeError with all that does not agree: then nothing is printed."""
    commit = resolve(revision)
    says = declared(commit)
    locked = stages(read_text(files.lock, commit))
    model, record = files.candidate.as_posix(), files.intervals.as_posix()
    if not any(model in stage.outs for stage in locked.values()):
        raise OntimeError(f"no stage in dvc.lock of {revision} makes {model}: run dvc repro there, and commit dvc.lock")
    checked = makers(locked, [model, record])
    pinned = _pinned(files, commit)
    wrong = disagreements(locked, says, checked) + _packages_wrong(dataset, locked, pinned)
    if commit is None:
        wrong += [*_uncommitted(files, [locked[name] for name in checked]), *_not_installed(pinned)]
    if wrong:
        raise OntimeError(_refusal(revision, wrong))
    at = commit or commit_of("HEAD")
    found = lineage(locked, model, blame(files.lock, at), pinned, blame(files.pins, at) if pinned else [])
    found |= {"revision": who(at)._asdict(), "metrics": _metrics(files, locked, commit), "package": dataset.package}
    print(json.dumps(found, indent=2, sort_keys=True) if as_json else "\n".join(_text(found)))


def _pinned(files: Files, commit: str | None) -> dict[str, Pin]:
    """The packages that the project asks for, as they are pinned; none where the revision pins nothing."""
    at = commit or commit_of("HEAD")
    if not (has(files.pins, at) and has(files.project, at)):
        return {}
    found = pins(read_text(files.pins, commit))
    return {name: found[name] for name in asked_for(read_text(files.project, commit)) if name in found}


def _packages_wrong(dataset: Dataset, locked: Mapping[str, Stage], pinned: Mapping[str, Pin]) -> list[str]:
    """Is the release that was fetched the one that is pinned?"""
    name = normal(dataset.package)
    if not name:
        return []
    if name not in pinned:
        return [f"requirements.lock: does not pin {name}, which brings the data"]
    fetched = [its.value for stage in locked.values() for key, its in stage.params.items() if key == RELEASE]
    pin = pinned[name].version
    return [
        f"requirements.lock: pins {name} {pin}, and {RELEASE} was {its} in dvc.lock" for its in fetched if its != pin
    ]


def _uncommitted(files: Files, checked: Sequence[Stage]) -> list[str]:
    plain = [files.lock, files.pipeline, files.params, files.project, files.pins]
    paths = [path for stage in checked for path in (*stage.deps, *stage.outs)]
    found = uncommitted([*(path.as_posix() for path in plain), *paths])
    return [f"{path}: is not as it is committed" for path in found]


def _not_installed(pinned: Mapping[str, Pin]) -> Iterator[str]:
    for name, pin in pinned.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "none"
        if installed != pin.version:
            yield f"requirements.lock: pins {name} {pin.version}, and {installed} is installed"


def _refusal(revision: str, wrong: Sequence[str]) -> str:
    here = revision == WORKSPACE
    who = "the workspace, dvc.lock and the last commit do not agree" if here else f"{revision} contradicts itself"
    head = f"{who}, so where its model comes from cannot be told:"
    return "\n  ".join([head, *wrong]) + f"\n{MEND if here else ELSEWHERE}"


def _metrics(files: Files, locked: Mapping[str, Stage], commit: str | None) -> dict[str, Any]:
    """The record of the evaluation of this model, with its intervals and their level; none where there was none."""
    path = files.intervals.as_posix()
    levels = [stage.params[LEVEL].value for stage in locked.values() if path in stage.outs]
    values = json.loads(read_text(files.intervals, commit)) if levels else {}
    return {"path": path, "level": levels[0], "values": values} if levels else {}


def _text(found: Mapping[str, Any]) -> Iterator[str]:
    model, revision = found["model"], found["revision"]
    yield f"{model['path']} {model['hash'][:DIGITS]}, made by {model['stage']}"
    yield f"  revision {_commit(revision)}"
    yield f"  recorded {_commit(found['commits'][model['commit']])}"
    yield from _metric_lines(found["metrics"])
    for stage in found["stages"]:
        yield from _stage_lines(stage, found)
    if found["packages"]:
        yield "\nPackages that requirements.lock pins for it"
    for name, its in found["packages"].items():
        yield f"  {name:<22}{its['version']:<14}{_sha(its['sha256']):<24}{its['commit'][:SHORT]}"
    yield "\nCommits that recorded this"
    yield from (f"  {_commit(its)}" for its in sorted(found["commits"].values(), key=_moment, reverse=True))


def _metric_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    if metrics:
        yield f"\nMetrics, with {metrics['level']:.0%} intervals ({metrics['path']})"
        for name, its in metrics["values"].items():
            yield f"  {name:<22}{its['value']:8.4f}   {its['low']:.4f} to {its['high']:.4f}"


def _stage_lines(stage: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{stage['stage']}: {stage['command']}"
    for key, its in stage["params"].items():
        param = shorten(f"{key} = {_value(its['value'])}", 96, placeholder=" ...")
        yield f"  {param:<98}{its['commit'][:SHORT]}"
    if RELEASE in stage["params"] and (its := found["packages"].get(normal(found["package"]))):
        package = f"package {found['package']} {its['version']}"
        yield f"  {package:<52}{_sha(its['sha256']):<46}{its['commit'][:SHORT]}"
    for its in stage["inputs"]:
        source = f"from {', '.join(its['made_by'])}" if its["made_by"] else ""
        yield f"  {its['path']:<52}{its['hash'][:DIGITS]:<16}{source:<30}{its['commit'][:SHORT]}"


def _commit(its: Mapping[str, str]) -> str:
    line = f"{its['commit'][:SHORT]} {its['when'][:10]} {its['author']}: {its['subject']}"
    return shorten(line, 110, placeholder=" ...")


def _moment(its: Mapping[str, str]) -> tuple[datetime, str]:
    return datetime.fromisoformat(its["when"]), its["commit"]


def _value(value: Any) -> str:  # noqa: ANN401 - of params.yaml
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _sha(sha256: Sequence[str]) -> str:
    """The hash of the one file of a package; or of how many one is installed, by platform and Python."""
    return f"sha256 {sha256[0][:DIGITS]}" if len(sha256) == 1 else f"one of {len(sha256)} hashes"
