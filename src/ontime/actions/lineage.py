"""A revision -> where its model comes from: commits, params, hash of every input, metrics; or all that is wrong."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from textwrap import shorten
from typing import Any

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.repo.agreement import DIGITS, disagreements
from ontime.repo.dvc_adapter import DeclaredStage, Repository, open_repository
from ontime.repo.history import Commit, blame, commit_details, is_committed, uncommitted
from ontime.repo.lineage import Lineage, TracedStage, lineage
from ontime.repo.lock import LockedStage, locked_stages, makers, makers_of
from ontime.repo.pins import Pin, normal_name, pinned_packages, required_packages
from ontime.repo.revisions import WORKSPACE, commit_of, path_at, read_text_at, require_whole_history, resolve
from ontime.repo.verification import read_workspace, verify_cache, verify_workspace

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
    with open_repository(files.root, commit) as repository:
        declared = repository.stages()
        locked = locked_stages(read_text_at(files.lock, commit))
        model, record = _model(files, locked, revision), path_at(files.intervals, commit).as_posix()
        checked = makers(locked, [model, record])
        broken = _broken(repository, declared, checked, commit)
    pinned = _pinned(files, commit)
    wrong = disagreements(locked, declared, checked) + broken + _packages_wrong(dataset, locked, pinned)
    if commit is None:
        wrong += [*_uncommitted(files, [locked[name] for name in checked]), *_not_installed(pinned)]
    if wrong:
        raise OntimeError(_refusal(revision, wrong))
    at = commit or commit_of("HEAD")
    traced = lineage(locked, model, blame(files.lock, at), pinned, blame(files.pins, at) if pinned else [])
    require_whole_history(traced.commits)
    metrics, version = _metrics(files, locked, commit), _version(files, traced, commit)
    if as_json:
        content = asdict(traced) | {
            "revision": asdict(commit_details(at)),
            "metrics": metrics,
            "version": version,
            "package": dataset.package,
        }
        print(json.dumps(content, indent=2, sort_keys=True))
    else:
        print("\n".join(_text(traced, version, commit_details(at), metrics, dataset.package)))


def _broken(
    repository: Repository, declared: Mapping[str, DeclaredStage], checked: Sequence[str], commit: str | None
) -> list[str]:
    """Files of the workspace, or objects of the cache, that are not what dvc.lock names and DVC takes for it."""
    outputs = [output for output in repository.outputs() if output.stage in checked and output.moved and output.md5]
    trusted = [output for output in outputs if not declared[output.stage].outs.get(output.path)]  # else DVC says it
    if commit:
        wrong = verify_cache(repository, trusted, lambda _: None).wrong
    else:
        wrong = verify_workspace(repository, read_workspace(repository, trusted, lambda _: None)).wrong
    return [f"{file.file}: {file.problem} (data verify says how to put it right)" for file in wrong]


def _pinned(files: Files, commit: str | None) -> dict[str, Pin]:
    """The packages that the project asks for, as they are pinned; none where the revision pins nothing."""
    at = commit or commit_of("HEAD")
    if not (is_committed(files.pins, at) and is_committed(files.project, at)):
        return {}
    pinned = pinned_packages(read_text_at(files.pins, commit))
    return {name: pinned[name] for name in required_packages(read_text_at(files.project, commit)) if name in pinned}


def _packages_wrong(dataset: Dataset, locked: Mapping[str, LockedStage], pinned: Mapping[str, Pin]) -> list[str]:
    """Is the release that was fetched the one that is pinned?"""
    name = normal_name(dataset.package)
    if not name:
        return []
    if name not in pinned:
        return [f"requirements.lock: does not pin {name}, which brings the data"]
    fetched = [stage.params[RELEASE].value for stage in locked.values() if RELEASE in stage.params]
    pin = pinned[name].version
    return [
        f"requirements.lock: pins {name} {pin}, and {RELEASE} was {release} in dvc.lock"
        for release in fetched
        if release != pin
    ]


def _uncommitted(files: Files, checked: Sequence[LockedStage]) -> list[str]:
    plain = [files.lock, files.pipeline, files.params, files.project, files.pins]
    paths = [path.as_posix() for path in plain]
    for stage in checked:
        paths += [*stage.deps, *stage.outs]
    return [f"{path}: is not as it is committed" for path in uncommitted(paths)]


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
    sides = "the workspace, dvc.lock and the last commit do not agree" if here else f"{revision} contradicts itself"
    head = f"{sides}, so where its model comes from cannot be told:"
    return "\n  ".join([head, *wrong]) + f"\n{MEND if here else ELSEWHERE}"


def _metrics(files: Files, locked: Mapping[str, LockedStage], commit: str | None) -> dict[str, Any]:
    """The record of the evaluation of this model, with its intervals and their level; none where there was none."""
    path = path_at(files.intervals, commit).as_posix()
    stages = makers_of(locked, path)
    if not stages:
        return {}
    values = json.loads(read_text_at(files.intervals, commit))
    return {"path": path, "level": locked[stages[0]].params[LEVEL].value, "values": values}


def _model(files: Files, locked: Mapping[str, LockedStage], revision: str) -> str:
    """The bundle; of a revision that is older than bundles, the candidate."""
    made = {path for stage in locked.values() for path in stage.outs}
    for path in (files.bundle.as_posix(), files.candidate.as_posix()):
        if path in made:
            return path
    raise OntimeError(
        f"no stage in dvc.lock of {revision} makes {files.bundle}: run dvc repro there, and commit dvc.lock"
    )


def _version(files: Files, traced: Lineage, commit: str | None) -> str:
    """What answers name: the version of the bundle; before there were bundles, digits of the candidate's hash."""
    if traced.model.path != files.bundle.as_posix():
        return traced.model.hash[:DIGITS]
    return json.loads(read_text_at(path_at(files.bundle_record, commit), commit))["version"]


def _text(traced: Lineage, version: str, revision: Commit, metrics: Mapping[str, Any], package: str) -> Iterator[str]:
    """The lines for people. package: the one that brings the data."""
    model = traced.model
    yield f"{model.path}, version {version}, made by {model.stage} ({model.hash[:DIGITS]} in dvc.lock)"
    yield f"  revision {_commit(revision)}"
    yield f"  recorded {_commit(traced.commits[model.commit])}"
    yield from _metric_lines(metrics)
    for stage in traced.stages:
        yield from _stage_lines(stage, traced, package)
    if traced.packages:
        yield "\nPackages that requirements.lock pins for it"
    for name, pinned in traced.packages.items():
        yield f"  {name:<22}{pinned.version:<14}{_sha(pinned.sha256):<24}{pinned.commit[:SHORT]}"
    yield "\nCommits that recorded this"
    yield from (f"  {_commit(commit)}" for commit in sorted(traced.commits.values(), key=_moment, reverse=True))


def _metric_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    if metrics:
        yield f"\nMetrics, with {metrics['level']:.0%} intervals ({metrics['path']})"
        for name, interval in metrics["values"].items():
            yield f"  {name:<22}{interval['value']:8.4f}   {interval['low']:.4f} to {interval['high']:.4f}"


def _stage_lines(stage: TracedStage, traced: Lineage, package: str) -> Iterator[str]:
    yield f"\n{stage.stage}: {stage.command}"
    for key, param in stage.params.items():
        shown = shorten(f"{key} = {_value(param.value)}", 96, placeholder=" ...")
        yield f"  {shown:<98}{param.commit[:SHORT]}"
    pinned = traced.packages.get(normal_name(package))
    if pinned and RELEASE in stage.params:
        named = f"package {package} {pinned.version}"
        yield f"  {named:<52}{_sha(pinned.sha256):<46}{pinned.commit[:SHORT]}"
    for read in stage.inputs:
        source = f"from {', '.join(read.made_by)}" if read.made_by else ""
        yield f"  {read.path:<52}{read.hash[:DIGITS]:<16}{source:<30}{read.commit[:SHORT]}"


def _commit(commit: Commit) -> str:
    line = f"{commit.commit[:SHORT]} {commit.when[:10]} {commit.author}: {commit.subject}"
    return shorten(line, 110, placeholder=" ...")


def _moment(commit: Commit) -> tuple[datetime, str]:
    return datetime.fromisoformat(commit.when), commit.commit


def _value(value: Any) -> str:  # noqa: ANN401 - of params.yaml
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _sha(sha256: Sequence[str]) -> str:
    """The hash of the one file of a package; or of how many one is installed, by platform and Python."""
    return f"sha256 {sha256[0][:DIGITS]}" if len(sha256) == 1 else f"one of {len(sha256)} hashes"
