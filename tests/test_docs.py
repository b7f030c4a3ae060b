"""What README, CONTRIBUTING, CHANGELOG and docs/ say is so."""

import re
from pathlib import Path

import pytest
from pages import WRITER
from repositories import REPOSITORY, run

from ontime import cli
from ontime.core.features.table import declared_features
from ontime.core.report.dictionaries import data_dictionary, feature_dictionary
from ontime.flights import FLIGHTS

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

PAGES = [
    REPOSITORY / name
    for name in (
        *("README.md", "CONTRIBUTING.md", "docs/mistakes.md", "docs/audit.md", "docs/loop.md"),
        *("docs/experiments.md", "docs/storage.md", "docs/predict.md"),
    )
]
README = PAGES[0].read_text()
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def test_the_data_dictionary_is_the_contract():
    page = (REPOSITORY / "docs/data.md").read_text()
    assert page == data_dictionary(FLIGHTS.tables), "run: python -m ontime document"


def test_the_feature_dictionary_is_what_is_declared():
    page = (REPOSITORY / "docs/features.md").read_text()
    assert page == feature_dictionary(declared_features(FLIGHTS.features)), "run: python -m ontime document"


def test_the_data_dictionary_says_everything_of_every_column():
    page = data_dictionary(FLIGHTS.tables)
    assert "| `arr_delay` | `Int64` | minutes | -180 to 2880; usually -90 to 360 | allowed; above 6.0% warns" in page
    for table in FLIGHTS.tables:
        for name, column in table.columns.items():
            assert f"| `{name}` |" in page
            assert column.metadata["reason"], (table.name, name)
            assert column.metadata["missing"] is None or column.nullable, (table.name, name)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_make_target_has_help_and_every_one_named_exists():
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert targets() == set(phony[1].split())
    shown = run("make", "help", folder=REPOSITORY).stdout
    assert all(f"make {target} " in shown for target in targets())
    assert "$" not in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page: Path):
    text = page.read_text()
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", text)) <= targets()
    assert [name for name in re.findall(r"\.ci/[a-z-]+(?:\.py)?", text) if not (REPOSITORY / name).exists()] == []
    lines = re.findall(r"python -m ontime ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text)
    assert [line for line in lines if cli.verb_of(line.split()) is None] == []
    for command in re.findall(r"^\$ dvc ((?:exp |metrics |plots )?[a-z]+)", text, re.MULTILINE):
        assert run("dvc", *command.split(), "--help", folder=REPOSITORY).returncode == 0, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_that_is_named_exists(page: Path):
    text = page.read_text()
    linked = {target for target in re.findall(r"\]\(([^)#]+)(?:#[a-z-]+)?\)", text) if "://" not in target}
    tree = set(re.findall(r"^([a-z]\S+\.(?:yaml|md)|[a-z]\S+/)  ", text, re.MULTILINE)) - {"data/"}
    modules = {f"src/ontime/{name}" for name in re.findall(r"^  ([a-z_]+(?:\.py|/))  ", text, re.MULTILINE)}
    assert [name for name in tree | modules if not (REPOSITORY / name).exists()] == []
    assert [name for name in linked if not (page.parent / name).exists()] == []


def test_the_tree_of_the_readme_is_complete():
    listed = set(re.findall(r"^  ([a-z_]+)(?:\.py|/)  ", README, re.MULTILINE))
    there = {path.stem for path in (REPOSITORY / "src/ontime").iterdir()} - {"__init__", "__pycache__"}
    assert listed == there


def test_the_graph_of_the_readme_is_the_pipeline():
    graph = run("dvc", "dag", "--mermaid", folder=REPOSITORY).stdout.strip()
    assert f"```mermaid\n{graph}\n```" in README


def test_a_number_that_changed_is_written_and_its_line_stays_a_line():
    page = "It is <!-- share -->1.0\n(0.5)<!-- /share --> of <!-- all -->7<!-- /all -->.\n"
    assert WRITER.rewritten(page, {"share": "1.0 (0.5)", "all": "7"}) == (page, [])
    new, moved = WRITER.rewritten(page, {"share": "2.0 (0.5)", "all": "7"})
    assert new == "It is <!-- share -->2.0 (0.5)<!-- /share --> of <!-- all -->7<!-- /all -->.\n"
    assert moved == ["share: '1.0 (0.5)' -> '2.0 (0.5)'"]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<!-- a -->1", "not closed"),
        ("<!-- a --> <!-- b -->1<!-- /b --><!-- /a -->", "not closed"),
        ("<!-- b -->1<!-- /b -->", "a, b"),
        ("<!-- a -->1<!-- /a --> <!-- a -->1<!-- /a -->", "twice: a"),
        ("<!-- a --><b>1</b><!-- /a -->", "another comment"),
    ],
)
def test_a_marker_that_is_wrong_is_named_and_nothing_is_written(page: str, said: str):
    with pytest.raises(ValueError, match=said):
        WRITER.rewritten(page, {"a": "1"})


def test_no_registry_no_machine_path_and_no_data_is_committed():
    tracked = run("git", "ls-files", folder=REPOSITORY).stdout.split()
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"index-url|find-links|https?://", lock)
    assert lock.count("--hash=sha256:") > lock.count("==") > 50
    assert "uv.lock" not in tracked
    here = (str(REPOSITORY).encode(), f"{Path.home()}/".encode())
    assert [name for name in tracked if any(path in (REPOSITORY / name).read_bytes() for path in here)] == []
