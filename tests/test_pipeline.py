"""dvc.yaml, params.yaml, the dataclasses, files.py, the imports and .gitignore say the same."""

import ast
import re
from pathlib import Path
from typing import Any

import grimp
import pytest
from conftest import REPOSITORY, run
from ruamel.yaml import YAML

from ontime import cli, params
from ontime.dataset import Dataset
from ontime.files import Files
from ontime.flights import FLIGHTS

pytestmark = pytest.mark.needs("git", "git")

PIPELINE = YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["stages"]
# Every stage runs through these: a change to them that changes a result changes another module too, and they change
# far more often than they matter to what is stored.
PLUMBING = {f"ontime.{name}" for name in ("__main__", "cli", "params", "files", "dataset", "errors")}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("ontime", cache_dir=None)


def outputs(stage: dict[str, Any]) -> dict[str, bool]:
    """Path -> cached, of every output of a stage."""
    entries = [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]
    flat = [(entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in entries]
    return {path: options.get("cache", True) for path, options in flat}


def dataset_parts(module: Path) -> set[str]:
    """The parts of the dataset that a module reads: `dataset.<part>` in its text."""
    known = {name for name, value in vars(Dataset).items() if isinstance(value, property)}
    nodes = ast.walk(ast.parse(module.read_text()))
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "dataset"
    }
    return used & known


def modules_of(stage: str, imports: grimp.ImportGraph) -> set[str]:
    """The stage's module and all that it reaches, its parts of the dataset included, without the plumbing."""
    module = f"ontime.stages.{stage}"
    parts = dataset_parts(REPOSITORY / f"src/ontime/stages/{stage}.py")
    starts = {module} | {FLIGHTS.parts[part].split(":")[0] for part in parts}
    reached = starts | {found for start in starts for found in imports.find_upstream_modules(start)}
    packages = {name for name in imports.modules if (REPOSITORY / f"src/{name.replace('.', '/')}").is_dir()}
    return reached - PLUMBING - packages


@pytest.mark.parametrize("stage", PIPELINE)
def test_deps_are_the_modules_that_a_stage_reaches(stage: str, imports: grimp.ImportGraph):
    code = {dep for dep in PIPELINE[stage]["deps"] if dep.startswith("src/")}
    expected = {f"src/{module.replace('.', '/')}.py" for module in modules_of(stage, imports)}
    assert code == expected


def test_every_part_of_the_dataset_is_one_the_machinery_knows():
    known = {name for name, value in vars(Dataset).items() if isinstance(value, property)}
    assert set(FLIGHTS.parts) == known
    assert all(getattr(FLIGHTS, part) for part in known)


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_is_its_verb_its_module_and_the_sections_that_it_reads(stage: str):
    assert PIPELINE[stage]["cmd"] == f"python -m ontime {stage}"
    assert (REPOSITORY / f"src/ontime/stages/{stage}.py").exists()
    assert PIPELINE[stage]["params"] == cli.sections_of(cli.verbs()[stage])
    assert PIPELINE[stage]["desc"]


def test_every_section_is_read_and_fills_its_dataclass():
    sections = YAML(typ="safe").load((REPOSITORY / "params.yaml").read_text())
    read = dict.fromkeys(name for stage in PIPELINE.values() for name in stage["params"])
    assert list(sections) == list(params.SECTIONS) == list(read)
    for name in sections:
        assert params.load(REPOSITORY / "params.yaml", name)


def test_every_output_is_named_once_in_files_and_every_dep_is_made_before():
    known = {getattr(Files(), name).as_posix() for name, value in vars(Files).items() if isinstance(value, property)}
    made: set[str] = set()
    for stage in PIPELINE.values():
        data = {dep for dep in stage["deps"] if not dep.startswith("src/")}
        assert data <= made
        assert not set(outputs(stage)) & made
        made |= set(outputs(stage))
    assert made <= known


def test_what_dvc_moves_is_ignored_by_git_and_what_git_shows_is_tracked(repository: Path):
    for stage in PIPELINE.values():
        for path, cached in outputs(stage).items():
            ignored = run("git", "check-ignore", "-q", path, folder=repository).returncode == 0
            tracked = bool(run("git", "ls-files", path, folder=repository).stdout)
            assert (ignored, tracked) == (cached, not cached), path


def needs(stage: str) -> set[str]:
    """The stages that make what a stage reads, and those that they need."""
    makers = {path: name for name, made in PIPELINE.items() for path in outputs(made)}
    direct = {makers[dep] for dep in PIPELINE[stage]["deps"] if dep in makers}
    return direct.union(*(needs(name) for name in direct))


def test_the_spine_ends_with_a_stage_that_needs_every_stage_before_it(repository: Path):
    spine = re.search(r"^SPINE := (\w+)$", (repository / "Makefile").read_text(), re.MULTILINE)
    assert spine
    stages = list(PIPELINE)
    assert needs(spine[1]) == set(stages[: stages.index(spine[1])])


def test_data_is_never_tracked(repository: Path):
    tracked = run("git", "ls-files", folder=repository).stdout.splitlines()
    assert not [path for path in tracked if path.startswith(("data/", ".ontime/")) or path.endswith(".parquet")]


def test_the_remote_verifies_and_dvc_calls_nobody(repository: Path):
    config = (repository / ".dvc/config").read_text()
    for setting in ("analytics = false", "check_update = false", "verify = true", "remote = storage"):
        assert setting in config
