"""dvc.yaml, params.yaml, the dataclasses, io/paths.py, the imports and .gitignore say the same."""

import ast
import re
from pathlib import Path
from typing import Any

import grimp
import pytest
from dvc.parsing import DataResolver
from dvc.repo import Repo
from repositories import REPOSITORY, run
from ruamel.yaml import YAML

from ontime import cli, params
from ontime.dataset.dataset import Dataset
from ontime.flights import FLIGHTS
from ontime.io.paths import Files, Place

pytestmark = pytest.mark.needs("git", "git")

# As DVC reads it: of a stage with `foreach` each of its own, `lead@h2`.
DECLARED = YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())
PIPELINE: dict[str, Any] = DataResolver(Repo(str(REPOSITORY)), str(REPOSITORY), DECLARED).resolve()["stages"]
# Where a module asks its section for one value of many, by the name that its stage has.
BY_NAME = {"hours": "leads"}
# Every stage runs through these: a change to them that changes a result changes another module too, and they change
# far more often than they matter to what is stored.
PLUMBING = {f"ontime.{name}" for name in ("cli", "params", "errors", "expected")}
# Which machinery and which dataset every stage joins.
JOINED = {"ontime.__main__", "ontime.flights"}
# Of these a stage's deps are files, not the folder: what people edit most makes no more stale than what shows it.
BY_FILE = ("ontime.core.pictures", "ontime.flights", "ontime.stages")


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


def split_name(stage: str) -> tuple[str, str]:
    """The verb of a stage, and which of its kind it is: ('lead', 'h2'), ('train', '')."""
    verb, _, name = stage.partition("@")
    return verb, name


def module_of(stage: str) -> Path:
    return REPOSITORY / f"src/ontime/stages/{split_name(stage)[0]}.py"


def keys_read(module: Path, section: str, name: str) -> set[str]:
    """What a module reads of a section, key by key, as full names of params.

    Fails where it hands the section on whole: then nobody knows what is read of it.
    """
    tree = ast.parse(module.read_text())
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = [node for node in attributes if isinstance(node.value, ast.Name) and node.value.id == section]
    mentions = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == section]
    assert len(read) == len(mentions), f"{module.name} hands on {section} whole"
    return {
        f"{section}.{BY_NAME[node.attr]}.{name}" if node.attr in BY_NAME else f"{section}.{node.attr}" for node in read
    }


def is_in(path: str, places: set[str]) -> bool:
    """Whether a path, or a folder that it is in, is one of the places."""
    return bool({path, *(folder.as_posix() for folder in Path(path).parents)} & places)


def modules_of(stage: str, imports: grimp.ImportGraph) -> set[str]:
    """The stage's module, all that it reaches, its parts of the dataset included, and what joins them."""
    module = f"ontime.stages.{split_name(stage)[0]}"
    parts = dataset_parts(module_of(stage))
    starts = {module} | {FLIGHTS.parts[part].split(":")[0] for part in parts}
    return starts | {found for start in starts for found in imports.find_upstream_modules(start)} | JOINED


def code_of(module: str) -> str | None:
    """The file or folder that stands for a module in deps; none for plumbing and for what only holds other folders."""
    place = REPOSITORY / f"src/{module.replace('.', '/')}"
    if module in PLUMBING or (place.is_dir() and module not in JOINED):
        return None
    if module in JOINED and place.is_dir():
        return f"src/{module.replace('.', '/')}/__init__.py"
    package = module.rpartition(".")[0]
    if package in {*BY_FILE, "ontime", "ontime.core"}:
        return f"src/{module.replace('.', '/')}.py"
    return f"src/{package.replace('.', '/')}"


@pytest.mark.parametrize("stage", PIPELINE)
def test_deps_are_the_folders_and_files_that_a_stage_reaches(stage: str, imports: grimp.ImportGraph):
    code = {dep for dep in PIPELINE[stage]["deps"] if dep.startswith("src/")}
    assert code == {found for module in modules_of(stage, imports) if (found := code_of(module))}


def test_another_default_of_a_declaration_or_another_dataset_makes_every_stage_stale():
    for stage in PIPELINE.values():
        assert {"src/ontime/dataset", "src/ontime/__main__.py", "src/ontime/flights/__init__.py"} <= {*stage["deps"]}


def test_every_part_of_the_dataset_is_one_the_machinery_knows():
    known = {name for name, value in vars(Dataset).items() if isinstance(value, property)}
    assert set(FLIGHTS.parts) == known
    assert all(getattr(FLIGHTS, part) for part in known)


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_is_its_verb_its_module_and_the_sections_that_it_reads(stage: str):
    verb, name = split_name(stage)
    assert PIPELINE[stage]["cmd"].split() == ["python", "-m", "ontime", verb, *([name] if name else [])]
    assert module_of(stage).exists()
    assert list(dict.fromkeys(key.partition(".")[0] for key in PIPELINE[stage]["params"])) == cli.sections_of(
        cli.verbs()[verb]
    )
    assert PIPELINE[stage]["desc"]


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_that_names_keys_of_a_section_names_all_that_it_reads(stage: str):
    keys = [key for key in PIPELINE[stage]["params"] if "." in key]
    for section in {key.partition(".")[0] for key in keys}:
        listed = {key for key in keys if key.startswith(f"{section}.")}
        assert keys_read(module_of(stage), section, split_name(stage)[1]) == listed


def test_every_section_is_read_and_fills_its_dataclass():
    sections = YAML(typ="safe").load((REPOSITORY / "params.yaml").read_text())
    read = dict.fromkeys(key.partition(".")[0] for stage in PIPELINE.values() for key in stage["params"])
    read |= dict.fromkeys(name for module in cli.verbs().values() for name in cli.sections_of(module))
    assert list(sections) == list(params.SECTIONS) == list(read)
    for name in sections:
        assert params.load(REPOSITORY / "params.yaml", name)


def test_every_output_is_named_once_in_paths_and_every_dep_is_made_before():
    known = {place.path for place in vars(Files).values() if isinstance(place, Place)}
    known |= {Files().record(split_name(stage)[0]).as_posix() for stage in PIPELINE}
    made: set[str] = set()
    for stage in PIPELINE.values():
        data = {dep for dep in stage["deps"] if not dep.startswith("src/")}
        assert [dep for dep in data if dep not in made and not any(is_in(path, {dep}) for path in made)] == []
        assert not set(outputs(stage)) & made
        made |= set(outputs(stage))
    assert [path for path in made if not is_in(path, known)] == []


def test_what_dvc_moves_is_ignored_by_git_and_what_git_shows_is_tracked(repository: Path):
    for stage in PIPELINE.values():
        for path, cached in outputs(stage).items():
            ignored = run("git", "check-ignore", "-q", path, folder=repository).returncode == 0
            tracked = bool(run("git", "ls-files", path, folder=repository).stdout)
            assert (ignored, tracked) == (cached, not cached), path


def test_the_spine_ends_with_a_stage_that_needs_all_before_it(repository: Path):
    spine = re.search(r"^SPINE := (\w+)$", (repository / "Makefile").read_text(), re.MULTILINE)
    assert spine
    before = list(PIPELINE)[: list(PIPELINE).index(spine[1])]
    needed = {spine[1]}
    for stage in reversed(before):
        if any(is_in(path, set(PIPELINE[later]["deps"])) for later in needed for path in outputs(PIPELINE[stage])):
            needed.add(stage)
    assert needed == {*before, spine[1]}


def test_data_is_never_tracked(repository: Path):
    tracked = run("git", "ls-files", folder=repository).stdout.splitlines()
    assert not [path for path in tracked if path.startswith(("data/", ".ontime/")) or path.endswith(".parquet")]


def test_the_remote_verifies_and_dvc_calls_nobody(repository: Path):
    config = (repository / ".dvc/config").read_text()
    for setting in ("analytics = false", "check_update = false", "verify = true", "remote = storage"):
        assert setting in config


def test_contributing_says_what_an_edit_makes_stale():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    table = text[text.index("| An edit in | makes stale |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \| ((?:`[a-z]+`(?:, )?)+) \|$", table, re.MULTILINE)
    assert len(rows) > 6
    for folders, stages in rows:
        for folder in re.findall(r"`([^`]+)`", folders):
            place = f"src/ontime/{folder.rstrip('/')}"
            stale = [split_name(stage)[0] for stage in PIPELINE if place in PIPELINE[stage]["deps"]]
            assert list(dict.fromkeys(stale)) == re.findall(r"`([a-z]+)`", stages), folder
