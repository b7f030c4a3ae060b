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
from ontime.core.latency import grid
from ontime.flights import FLIGHTS

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "docs/mistakes.md"]
README, MISTAKES = PAGES[0].read_text(), PAGES[2].read_text()
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
    lines = re.findall(r"python -m ontime ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text)
    assert [line for line in lines if cli._verb_of(line.split()) is None] == []
    for command in re.findall(r"^\$ dvc ((?:exp |metrics |plots )?[a-z]+)", text, re.MULTILINE):
        assert run("dvc", *command.split(), "--help", folder=REPOSITORY).returncode == 0, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_that_is_named_exists(page: Path):
    text = page.read_text()
    targets = {target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target}
    linked = {(page.parent / target).resolve().relative_to(REPOSITORY).as_posix() for target in targets}
    tree = set(re.findall(r"^([a-z]\S+\.(?:yaml|md)|[a-z]\S+/)  ", text, re.MULTILINE)) - {"data/"}
    modules = {f"src/ontime/{name}" for name in re.findall(r"^  ([a-z_]+(?:\.py|/))  ", text, re.MULTILINE)}
    assert [name for name in linked | tree | modules if not (REPOSITORY / name).exists()] == []


def test_the_tree_of_the_readme_is_complete():
    listed = set(re.findall(r"^  ([a-z_]+)(?:\.py|/)  ", README, re.MULTILINE))
    there = {path.stem for path in (REPOSITORY / "src/ontime").iterdir()} - {"__init__", "__pycache__"}
    assert listed == there


def test_the_graph_of_the_readme_is_the_pipeline():
    graph = run("dvc", "dag", "--mermaid", folder=REPOSITORY).stdout.strip()
    assert f"```mermaid\n{graph}\n```" in README


def test_the_numbers_of_the_readme_are_those_of_the_metrics():
    skip_in_an_experiment()
    record = metrics("validate")
    assert written(README) == {
        "quarantined": str(sum(record["quarantined"].values())),
        "warnings": str(record["warnings"]),
        "largest_shift": str(record["largest_shift"]),
        **headline(metrics("intervals")),
        **differences(metrics("baselines")),
    }
    assert f"{record['rows']['flights']:,} flights" in README


def metrics(stage: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / f"metrics/{stage}.json").read_text())


def written(page: str) -> dict[str, str]:
    return dict(re.findall(r"<!-- (\w+) -->([^<]+)<!-- /\1 -->", page))


def skip_in_an_experiment() -> None:
    if run("git", "diff", "--quiet", "HEAD", "--", "params.yaml", folder=REPOSITORY).returncode:
        pytest.skip("the workspace holds an experiment: its params differ from those that are committed")


def headline(intervals: dict[str, Any]) -> dict[str, str]:
    found = {"ece": f"{100 * intervals['ece']['value']:.1f}"}
    for name in ("backtest_roc_auc", "roc_auc"):
        value, low, high = (100 * intervals[name][bound] for bound in ("value", "low", "high"))
        found |= {name: f"{value:.1f} %", f"{name}_interval": f"{low:.1f} to {high:.1f} %"}
    return found


def differences(compared: dict[str, Any]) -> dict[str, str]:
    return {
        f"{window}_{name}": "{value:.3f} ({low:.3f} to {high:.3f})".format(**found["log_loss"]["difference"])
        for window, others in compared.items()
        for name, found in others.items()
    }


def test_the_numbers_of_the_page_on_mistakes_are_those_of_the_metrics():
    skip_in_an_experiment()
    assert written(MISTAKES) == {**laws(), **failures(), **drift(), **months(), **latency()}


def laws() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/laws.csv").set_index("name")
    return {
        "laws": str(len(table)),
        "laws_known": str((table["result"] == "known").sum()),
        "sample_rows": f"{table.loc['said_again', 'rows']:,}",
        **{name: table.loc[name, "found"] for name in ("worse_weather", "longer_delays")},
    }


def added(line: pd.Series, metric: str = "log_loss") -> str:
    """What is added to a metric, with its interval."""
    return "{:+.3f} ({:+.3f} to {:+.3f})".format(*(line[f"{metric}_{end}"] for end in ("difference", "low", "high")))


def failures() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/stress.csv")
    wanted = {"missing": 1.0, "stale": 6.0, "lossy": 0.3, "noisy": 0.3, "instead": 1.0}
    shown = table[table["kind"].map(wanted) == table["level"]]
    found = {f"{line['what'].replace(' ', '_')}_{line['kind']}": added(line) for _, line in shown.iterrows()}
    late = table[(table["what"] == "departures") & (table["kind"] == "stale") & (table["level"] == 1)]
    found["departures_stale_1"] = added(late.iloc[0])
    before = (table["log_loss"] - table["log_loss_difference"])[table["kind"].isin(wanted)]
    assert before.max() - before.min() < 1e-4
    return found | {"sentence": metrics("stress")["sentence"], "undisturbed": f"{before[0]:.3f}"}


def drift() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/stress.csv").set_index(["what", "level"])
    mix = table[table["kind"] == "mix"]
    return {
        "true_outcomes_2": added(table.loc[("true outcomes", 2.0)]),
        "true_outcomes_05": added(table.loc[("true outcomes", 0.5)]),
        "worst_days_3": added(table.loc[("worst days", 3.0)]),
        "worst_days_3_roc_auc": added(table.loc[("worst days", 3.0)], "roc_auc"),
        "mix": added(mix.loc[mix["log_loss_difference"].idxmax()]),
    }


def months() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/stress_months.csv").set_index("month")
    best = table["log_loss"].idxmin()
    index = table["mean_psi"]
    found = {"psi_low": index.min(), "psi_high": index.max(), "best_month_psi": index[best]}
    return {name: f"{value:.2f}" for name, value in found.items()} | {"best_month": str(best)}


def latency() -> dict[str, str]:
    record = json.loads((REPOSITORY / "docs/latency.json").read_text())
    return {"latency": "\n\n" + grid(record["measurements"], record["yardstick_seconds"]) + "\n"}


def test_no_registry_no_machine_path_and_no_data_is_committed():
    tracked = run("git", "ls-files", folder=REPOSITORY).stdout.split()
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"index-url|find-links|https?://", lock)
    assert lock.count("--hash=sha256:") > lock.count("==") > 50
    assert "uv.lock" not in tracked
    here = (str(REPOSITORY).encode(), f"{Path.home()}/".encode())
    assert [name for name in tracked if any(path in (REPOSITORY / name).read_bytes() for path in here)] == []
