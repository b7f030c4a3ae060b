"""What README, CONTRIBUTING, CHANGELOG and docs/ say is so."""

import re
from pathlib import Path

import pytest
from repositories import REPOSITORY, run
from ruamel.yaml import YAML

from ontime import cli
from ontime.core.features.table import declared_features
from ontime.core.report.dictionaries import data_dictionary, feature_dictionary
from ontime.flights import FLIGHTS

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

README = (REPOSITORY / "README.md").read_text()
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def test_the_data_dictionary_is_the_contract():
    page = (REPOSITORY / "docs/data.md").read_text()
    assert page == data_dictionary(FLIGHTS.tables), "run: ontime document"


def test_the_feature_dictionary_is_what_is_declared():
    page = (REPOSITORY / "docs/features.md").read_text()
    assert page == feature_dictionary(declared_features(FLIGHTS.features)), "run: ontime document"


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
    assert "python -m ontime" not in text.replace("`python -m ontime <verb>`", "")
    lines = re.findall(r"(?:`|^\$ |&& )ontime ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text, re.MULTILINE)
    assert [line for line in lines if cli.verb_of(line.split()) is None] == []
    for command in re.findall(r"^\$ dvc ((?:exp |metrics |plots )?[a-z]+)", text, re.MULTILINE):
        assert run("dvc", *command.split(), "--help", folder=REPOSITORY).returncode == 0, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_that_is_named_exists(page: Path):
    text = page.read_text()
    linked = re.findall(r"\]\(([^)#]*)(?:#([a-z-]+))?\)", text)
    tree = set(re.findall(r"^([a-z]\S+\.(?:yaml|md)|[a-z]\S+/)  ", text, re.MULTILINE)) - {"data/"}
    modules = {f"src/ontime/{name}" for name in re.findall(r"^  ([a-z_]+(?:\.py|/))  ", text, re.MULTILINE)}
    assert [name for name in tree | modules if not (REPOSITORY / name).exists()] == []
    for target, anchor in linked:
        if "://" in target:
            continue
        place = page.parent / target if target else page
        assert place.exists(), target
        assert not anchor or anchor in headings(place), (target, anchor)


def headings(page: Path) -> set[str]:
    """What links to the headings of a page end with."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_readme_is_short_and_begins_with_the_answer_and_two_commands():
    lines = README.splitlines()
    assert len(lines) < 180
    screen = "\n".join(lines[:40])
    assert screen.index("% interval") < screen.index("$ make repro") < screen.index("$ make test")
    assert README.count("![") == 1


def test_readme_leads_to_every_page():
    linked = set(re.findall(r"\]\(docs/([a-z]+\.md)", README))
    assert {path.name for path in (REPOSITORY / "docs").glob("*.md")} - linked == set()


def test_the_pages_that_are_filled_in_say_so_and_the_others_are_written_by_hand():
    filled = {path.name.removesuffix(".j2") for path in (REPOSITORY / "docs/templates").glob("*.md.j2")}
    says = {page.name for page in PAGES if page.read_text().startswith("<!-- Written by `make readme`")}
    assert says == filled


def test_the_tree_of_the_readme_is_complete():
    listed = set(re.findall(r"^  ([a-z_]+)(?:\.py|/)  ", README, re.MULTILINE))
    there = {path.stem for path in (REPOSITORY / "src/ontime").iterdir()} - {"__init__", "__pycache__"}
    assert listed == there


def test_the_page_on_the_pipeline_tells_every_stage_in_the_order_of_the_story():
    stages = list(YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["stages"])
    page = (REPOSITORY / "docs/pipeline.md").read_text()
    assert re.findall(r"^\| `(\w+)(?:@\w+`.*?)?`? \|", page, re.MULTILINE) == stages
    spine = re.search(r"^SPINE := (\w+)$", MAKEFILE, re.MULTILINE)
    assert spine
    first = page.partition("## What else is asked of it")[0]
    assert re.findall(r"^\| `(\w+)` \|", first, re.MULTILINE)[-1] == spine[1]


def test_no_registry_no_machine_path_and_no_data_is_committed():
    tracked = run("git", "ls-files", folder=REPOSITORY).stdout.split()
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"index-url|find-links|https?://", lock)
    assert lock.count("--hash=sha256:") > lock.count("==") > 50
    assert "uv.lock" not in tracked
    here = (str(REPOSITORY).encode(), f"{Path.home()}/".encode())
    assert [name for name in tracked if any(path in (REPOSITORY / name).read_bytes() for path in here)] == []
