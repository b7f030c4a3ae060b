"""What README, CONTRIBUTING, CHANGELOG and docs/ say is so."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import REPOSITORY, run

from ontime import cli, params
from ontime.core.costs import bounds, forced
from ontime.core.dictionary import data_dictionary, feature_dictionary
from ontime.core.features import describe
from ontime.core.hours import in_words
from ontime.core.latency import grid
from ontime.flights import FLIGHTS

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

PAGES = [
    REPOSITORY / name
    for name in (
        *("README.md", "CONTRIBUTING.md", "docs/mistakes.md", "docs/audit.md"),
        *("docs/experiments.md", "docs/storage.md"),
    )
]
README, MISTAKES, AUDIT = (PAGES[number].read_text() for number in (0, 2, 3))
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
    skip_in_an_experiment()
    record = metrics("validate")
    assert written(README) == {
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


def written(page: str) -> dict[str, str]:
    found = re.findall(r"<!-- (\w+) -->([^<]+)<!-- /\1 -->", page)
    return {name: " ".join(text.split()) for name, text in found}


def skip_in_an_experiment() -> None:
    if run("git", "diff", "--quiet", "HEAD", "--", "params.yaml", folder=REPOSITORY).returncode:
        pytest.skip("the workspace holds an experiment: its params differ from those that are committed")


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


def test_the_numbers_of_the_page_on_mistakes_are_those_of_the_metrics():
    skip_in_an_experiment()
    assert written(MISTAKES) == {
        **weak_spots(),
        **segment(),
        **in_common(),
        **costs(),
        **conformal(),
        **laws(),
        **failures(),
        **drift(),
        **months(),
        **latency(),
    }


def table(name: str, *index: str) -> pd.DataFrame:
    return pd.read_csv(REPOSITORY / f"metrics/{name}.csv").set_index(index[0] if len(index) == 1 else [*index])


def shares(line: pd.Series, name: str, form: str = ".1f") -> str:
    """A share with its interval, in percent."""
    value, low, high = (format(100 * line[f"{name}{end}"], form) for end in ("", "_low", "_high"))
    return f"{value} % ({low} to {high} %)"


def amounts(line: pd.Series, name: str) -> str:
    return "{:.0f} ({:.0f} to {:.0f})".format(*(line[f"{name}{end}"] for end in ("", "_low", "_high")))


def weak_spots() -> dict[str, str]:
    lines, record = table("slices", "slice", "band"), metrics("slices")
    asked = params.load(REPOSITORY / "params.yaml", "slices")
    level = params.load(REPOSITORY / "params.yaml", "intervals").level
    bands = {
        "auc_morning": ("departure", "before 9"),
        "auc_night": ("departure", "21 and later"),
        "auc_silence": ("late so far", "no departures in 3 h"),
        "auc_new": ("history", "never seen"),
    }
    return {name: shares(lines.loc[band], "roc_auc") for name, band in bands.items()} | {
        **{name: str(record[name]) for name in ("bands", "bands_off", "bands_miscalibrated")},
        **{name: str(record[name]) for name in ("segments_found", "segments_confirmed")},
        "by_chance": f"{(1 - level) * record['bands']:.0f}",
        **{f"left_out_{name}": f"{record['left_out'][name]:,}" for name in ("destination", "carrier")},
        "min_rows": f"{asked.min_rows:,}",
        "mistakes": str(asked.mistakes),
    }


def segment() -> dict[str, str]:
    lines = pd.read_csv(REPOSITORY / "metrics/slices_search.csv")
    (line,) = lines[lines["confirmed"]].to_dict("records")
    value, low, high = (100 * line[name] for name in ("gap", "gap_low", "gap_high"))
    return {
        "segment": "{slice} {band}, {other_slice} {other_band}".format(**line),
        "segment_said": f"{100 * line['probability']:.1f} %",
        "segment_came": f"{100 * line['rate']:.1f} %",
        "segment_gap": f"{value:.1f} points ({low:.1f} to {high:.1f})",
    }


def in_common() -> dict[str, str]:
    lines, found = table("slices_errors", "kind", "slice", "band"), {}
    bands = {
        "missed_morning": ("missed", "departure", "before 9"),
        "missed_silence": ("missed", "late so far", "no departures in 3 h"),
        "alarm_late": ("false alarm", "late so far", "40 % and more"),
        "alarm_rain": ("false alarm", "rain or snow", "below 0.05 in/h"),
    }
    for name, band in bands.items():
        line = lines.loc[band]
        found[name] = f"{100 * line['share']:.0f} %"
        found[f"{name}_lift"] = "{lift:.1f} times ({lift_low:.1f} to {lift_high:.1f})".format(**line)
    return found


def costs() -> dict[str, str]:
    lines, asked = table("costs", "answers"), params.load(REPOSITORY / "params.yaml", "costs")
    curve = table("costs_threshold", "threshold")["cost"]
    (low, high), (even, _) = bounds(asked), bounds(forced(asked))
    found = {
        "cost_missed": f"{asked.missed:g}",
        "cost_unknown": f"{asked.unknown:g}",
        "threshold": f"{even:.2f}",
        "unknown_from": f"{low:.2f}",
        "unknown_to": f"{high:.2f}",
        "threshold_best": f"{curve.idxmin():.2f}",
        "unknown": shares(lines.loc["model or unknown"] / 1000, "unknown", ".0f"),
    }
    for answers in ("model", "model or unknown", "climatology", "always yes", "always no"):
        name = answers.replace(" ", "_")
        found[f"cost_{name}"] = amounts(lines.loc[answers], "cost")
        if answers != "model":
            found[f"over_{name}"] = amounts(lines.loc[answers], "over_model")
    return found | {f"area_{name}": amounts(lines.loc[name], "area") for name in ("model", "climatology")}


def conformal() -> dict[str, str]:
    lines = table("conformal", "kind", "month", "outcome")
    sets = {
        "marginal": ("marginal", "all", "all"),
        "marginal_true": ("marginal", "all", "true"),
        "class_true": ("by class", "all", "true"),
        "class_false": ("by class", "all", "false"),
        "class_false_july": ("by class", "2013-07", "false"),
        "class_true_october": ("by class", "2013-10", "true"),
    }
    found = {name: shares(lines.loc[key], "coverage") for name, key in sets.items()}
    return found | {"class_both": shares(lines.loc[("by class", "all", "all")], "both", ".0f")}


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
    return {"latency": " ".join(grid(record["measurements"], record["yardstick_seconds"]).split())}


def test_the_page_on_the_audit_tells_its_steps_in_order_with_their_numbers():
    skip_in_an_experiment()
    record = metrics("audit")
    steps, published = record["steps"], record["published"]
    numbers = {
        "figure": str(published["roc_auc"]),
        "rows": f"{published['rows']:,}",
        "positives": f"{published['positives']:,}",
        "judged": f"{steps[0]['rows']:,}",
        "all": f"{steps[-1]['rows']:,}",
    }
    for step in steps:
        numbers[step["name"]] = "{value:.3f} ({low:.3f} to {high:.3f})".format(**step["roc_auc"])
        if gap := step.get("difference"):
            form = "{value:+.3f} ({low:+.3f} to {high:+.3f})" if "low" in gap else "{value:+.3f}"
            numbers[f"{step['name']}_gap"] = form.format(**gap)
    assert written(AUDIT) == numbers
    told = re.findall(r"^\| ([^|]+) \| <!-- (\w+) -->.*?(, not paired)? \|$", AUDIT, re.MULTILINE)
    said = [(step["title"], step["name"], "" if step.get("paired", True) else ", not paired") for step in steps]
    assert told == said
    gaps = {step["name"]: step["difference"]["value"] for step in steps if step["kind"] == "leak"}
    assert min(gaps, key=lambda name: gaps[name]) == "random_split", "the page says that it costs most"


def test_the_audit_ends_with_the_headline_and_begins_with_what_was_published():
    skip_in_an_experiment()
    first, *_, last = metrics("audit")["steps"]
    assert last["roc_auc"] == metrics("intervals")["backtest_roc_auc"]
    assert first["roc_auc"]["low"] < metrics("audit")["published"]["roc_auc"] < first["roc_auc"]["high"]


def test_no_registry_no_machine_path_and_no_data_is_committed():
    tracked = run("git", "ls-files", folder=REPOSITORY).stdout.split()
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"index-url|find-links|https?://", lock)
    assert lock.count("--hash=sha256:") > lock.count("==") > 50
    assert "uv.lock" not in tracked
    here = (str(REPOSITORY).encode(), f"{Path.home()}/".encode())
    assert [name for name in tracked if any(path in (REPOSITORY / name).read_bytes() for path in here)] == []
