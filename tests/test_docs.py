"""What README, CONTRIBUTING, CHANGELOG and docs/ say is so."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import REPOSITORY, run

from ontime import cli
from ontime.core.dictionary import data_dictionary, feature_dictionary
from ontime.core.features import describe
from ontime.core.leads import in_words
from ontime.flights import FLIGHTS

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

PAGES = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "docs/experiments.md", "docs/storage.md")]
README = PAGES[0].read_text()
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def test_the_data_dictionary_is_the_contract():
    page = (REPOSITORY / "docs/data.md").read_text()
    assert page == data_dictionary(FLIGHTS.tables), "run: python -m ontime document"


def test_the_feature_dictionary_is_what_is_declared():
    page = (REPOSITORY / "docs/features.md").read_text()
    assert page == feature_dictionary(describe(FLIGHTS.features)), "run: python -m ontime document"


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
    assert [line for line in lines if cli._verb_of(line.split()) is None] == []
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


def test_the_numbers_of_the_readme_are_those_of_the_metrics():
    if run("git", "diff", "--quiet", "HEAD", "--", "params.yaml", folder=REPOSITORY).returncode:
        pytest.skip("the workspace holds an experiment: its params differ from those that are committed")
    record = metrics("validate")
    assert written() == {
        "quarantined": str(sum(record["quarantined"].values())),
        "warnings": str(record["warnings"]),
        "largest_shift": str(record["largest_shift"]),
        **headline(metrics("intervals")),
        **differences(metrics("baselines")),
        **leads(),
    }
    assert f"{record['rows']['flights']:,} flights" in README


def metrics(stage: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / f"metrics/{stage}.json").read_text())


def written() -> dict[str, str]:
    found = re.findall(r"<!-- (\w+) -->([^<]+)<!-- /\1 -->", README)
    return {name: " ".join(text.split()) for name, text in found}


def headline(intervals: dict[str, Any]) -> dict[str, str]:
    found = {"ece": f"{100 * intervals['ece']['value']:.1f}"}
    for name in ("backtest_roc_auc", "roc_auc"):
        value, low, high = (100 * intervals[name][bound] for bound in ("value", "low", "high"))
        found |= {name: f"{value:.1f} %", f"{name}_interval": f"{low:.1f} to {high:.1f} %"}
    return found


def leads() -> dict[str, str]:
    """What is said of the longest and the shortest lead, of climatology, and of the feed that is worth most."""
    table, worth = (pd.read_csv(REPOSITORY / f"metrics/{name}.csv") for name in ("lead", "worth"))
    found = {"how_early": metrics("lead")["how_early"]}
    for name, line in (("lead_shortest", table.iloc[0]), ("lead_longest", table.iloc[-1])):
        value, low, high = (100 * line[f"roc_auc{bound}"] for bound in ("", "_low", "_high"))
        found[name] = f"{value:.1f} % ({low:.1f} to {high:.1f} %) {in_words(line['hours'])} ahead"
    finds = {f"{100 * value:.0f} %" for value in table["climatology_roc_auc"]}
    assert len(finds) == 1, "climatology depends on the lead"
    for lead, lines in worth.groupby("lead", sort=False):
        most = lines.iloc[0]
        bounds = "{log_loss:.3f} ({log_loss_low:.3f} to {log_loss_high:.3f})".format(**most)
        found[f"worth_{lead}"] = f"{in_words(most['hours'])} ahead the {most['feed']}, {bounds}"
    return found | {"lead_climatology": finds.pop()}


def differences(compared: dict[str, Any]) -> dict[str, str]:
    return {
        f"{window}_{name}": "{value:.3f} ({low:.3f} to {high:.3f})".format(**found["log_loss"]["difference"])
        for window, others in compared.items()
        for name, found in others.items()
    }


def test_no_registry_no_machine_path_and_no_data_is_committed():
    tracked = run("git", "ls-files", folder=REPOSITORY).stdout.split()
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"index-url|find-links|https?://", lock)
    assert lock.count("--hash=sha256:") > lock.count("==") > 50
    assert "uv.lock" not in tracked
    here = (str(REPOSITORY).encode(), f"{Path.home()}/".encode())
    assert [name for name in tracked if any(path in (REPOSITORY / name).read_bytes() for path in here)] == []
