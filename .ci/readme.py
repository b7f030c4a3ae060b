"""Writes the numbers of README and docs/ from metrics/: what stands between `<!-- name -->` and `<!-- /name -->`.

Usage: python .ci/readme.py [--check]. With --check nothing is written, and it exits with 1 where a number is another.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ontime import params
from ontime.core.evaluation.costs import bounds, forced
from ontime.core.evaluation.leads import in_words
from ontime.core.serving.latency import grid

REPOSITORY = Path(__file__).parents[1]
MARK = re.compile(r"<!-- (/?)(\w+) -->")
BETWEEN = r"(<!-- {0} -->)([^<]*)(<!-- /{0} -->)"


def main() -> int:
    """Write every page, and say what has changed."""
    check, changed = "--check" in sys.argv[1:], 0
    for name, numbers in PAGES.items():
        path = REPOSITORY / name
        text = path.read_text(encoding="utf-8")
        try:
            new, moved = rewritten(text, numbers())
        except ValueError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        for line in moved:
            print(f"{name}: {line}")
        changed += len(moved)
        if moved and not check:
            draft = path.with_suffix(".draft")
            draft.write_text(new, encoding="utf-8")
            os.replace(draft, path)  # noqa: PTH105 - in one step
    print(f"{changed} numbers {'are' if check else 'were'} out of date")
    return 1 if check and changed else 0


def rewritten(page: str, numbers: Mapping[str, str]) -> tuple[str, list[str]]:
    """The page with these numbers between its markers, and what has changed; what differs in white space stays.

    Raises ValueError where a marker is not closed, stands twice, has no number, or where a number has no marker.
    """
    marks = [("/" if slash else "") + name for slash, name in MARK.findall(page)]
    opened = [name for name in marks if not name.startswith("/")]
    if marks != [each for name in opened for each in (name, f"/{name}")]:
        raise ValueError("a marker is not closed before the next one begins")
    if wrong := sorted(set(opened) ^ set(numbers)) + sorted({name for name in opened if opened.count(name) > 1}):
        raise ValueError(f"markers without a number, numbers without a marker, or twice: {', '.join(wrong)}")
    moved = []
    for name, text in numbers.items():
        pattern = re.compile(BETWEEN.format(name))
        found = pattern.search(page)
        if not found:
            raise ValueError(f"between the markers of {name} stands another comment")
        if found[2].split() != text.split():
            moved.append(f"{name}: {' '.join(found[2].split())[:60]!r} -> {' '.join(text.split())[:60]!r}")
            page = page[: found.start(2)] + text + page[found.end(2) :]
    return page, moved


def block(text: str) -> str:
    """A table with the empty lines that Markdown needs around it."""
    return f"\n\n{text.strip()}\n\n"


def readme() -> dict[str, str]:
    """The numbers of README."""
    record = metrics("validate/metrics")
    return {
        "quarantined": str(sum(record["quarantined"].values())),
        "warnings": str(record["warnings"]),
        "largest_shift": str(record["largest_shift"]),
        **headline(metrics("evaluate/intervals")),
        **differences(metrics("evaluate/baselines")),
        **leads(),
        "policy": metrics("replay/replay")["sentence"],
    }


def mistakes() -> dict[str, str]:
    """The numbers of docs/mistakes.md."""
    parts = (weak_spots, segment, in_common, costs, conformal, laws, failures, drift, months, latency)
    return {name: text for part in parts for name, text in part().items()}


def worth_of(alarms: pd.DataFrame, test: str) -> str:
    """How many alarms of how many were worth a new model."""
    line = alarms.set_index("test").loc[test]
    return f"{int(line['worth'])} of {int(line['alarms'])}"


def loop() -> dict[str, str]:
    """The numbers of docs/loop.md."""
    lines, alarms = (pd.read_csv(REPOSITORY / f"metrics/{name}.csv") for name in ("replay/replay", "alarms/rules"))
    plain = lines[lines["fault"] == "nothing"]
    never = plain[plain["beside"] == "never"].set_index(["policy", "window"])
    monthly = plain[plain["beside"] == "monthly"].set_index(["policy", "window"])
    faults = lines[(lines["fault"] != "nothing") & (lines["window"] == "judged")]
    judged = alarms[alarms["chosen"] & (alarms["window"] == "judged")]
    called = alarms[(alarms["test"] == "p_values") & (alarms["quantile"] == 0.8) & (alarms["k"] == 1)]
    weeks = pd.read_csv(REPOSITORY / "metrics/alarms/weeks.csv").dropna(subset="expected")
    tried = alarms[alarms["window"] == "judged"]
    broken, gate = (
        faults.set_index(["fault", "policy"]).loc[("a bad challenger", "monthly")],
        never.loc[("gated", "all")],
    )
    return {
        "recommended": metrics("replay/replay")["recommended"],
        "good": ", ".join(metrics("replay/replay")["good"]),
        "drift_judged": less(monthly.loc[("drift", "judged")]),
        "drift_all": less(monthly.loc[("drift", "all")]),
        "monthly_chosen": less(never.loc[("monthly", "chosen")]),
        "monthly_judged": less(never.loc[("monthly", "judged")]),
        "gate_chosen": less(monthly.loc[("gated", "chosen")]),
        "gate_judged": less(monthly.loc[("gated", "judged")]),
        "gate_cost": less(monthly.loc[("gated", "judged")], "cost", "+.1f"),
        "asked": str(int(gate["asked"])),
        "gated_cases": str(int(gate["retrainings"])),
        "broken_monthly": less(broken),
        "broken_cost": less(broken, "cost", "+.1f"),
        "tried": str(len(tried)),
        "psi_worth": worth_of(judged, "psi"),
        "beyond_chance": str(int((tried["worth_share_low"] > tried["due"]).sum())),
        "policies": block(grid_of(POLICY, [policy_line(never, name) for name in dict.fromkeys(plain["policy"])])),
        "faults": block(grid_of(FAULT, [fault_line(line) for _, line in faults.iterrows()])),
        "alarms": block(grid_of(ALARM, [alarm_line(line) for _, line in judged.iterrows()])),
        "followed": str(int(judged["windows"].iloc[0])),
        "due": f"{100 * judged['due'].iloc[0]:.0f} %",
        "held": f"{100 * weeks['log_loss'].between(weeks['expected_low'], weeks['expected_high']).mean():.0f} %",
        "held_weeks": str(len(weeks)),
        "p_values": f"{100 * called.set_index('window').loc['judged', 'ringing']:.0f} %",
    }


POLICY = (
    *("policy", "log loss, chosen", "log loss, judged", "cost, judged", "trainings", "changes", "wrong"),
    "alarms right, late, false",
)
FAULT = ("fault", "policy", "log loss", "cost", "wrong champions")
ALARM = ("rule", "alarms", "right", "late", "false a month", "missed", "worth a new model")


def grid_of(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def less(line: pd.Series, metric: str = "log_loss", form: str = "+.4f") -> str:
    """What a metric is less than another run's, with its interval."""
    value, low, high = (format(line[f"{metric}_less{end}"], form) for end in ("", "_low", "_high"))
    return f"{value} ({low} to {high})"


def policy_line(never: pd.DataFrame, name: str) -> tuple[str, ...]:
    chosen, judged, year = (never.loc[(name, window)] for window in ("chosen", "judged", "all"))
    counts = [str(int(year[count])) for count in ("retrainings", "changes", "wrong_changes")]
    alarms = metrics("replay/replay")["policies"][name]["alarms"].get(name)
    rang = ", ".join(str(alarms[kind]) for kind in ("right", "late", "false")) if alarms else ""
    return (name, less(chosen), less(judged), less(judged, "cost", "+.1f"), *counts, rang)


def fault_line(line: pd.Series) -> tuple[str, ...]:
    return (line["fault"], line["policy"], less(line), less(line, "cost", "+.1f"), str(line["wrong_changes"]))


def alarm_line(line: pd.Series) -> tuple[str, ...]:
    watched = f"{line['monitor']} loss" if pd.isna(line["test"]) else line["test"].replace("_", " ")
    rule = f"{watched}, {line['k']} of {line['n']} beyond {line['quantile']:.0%}"
    shown = "none rang" if pd.isna(line["worth_share"]) else shares(line, "worth_share", ".0f")
    counts = (str(line[name]) for name in ("alarms", "right", "late"))
    return (rule, *counts, f"{line['false_per_month']:.2f}", str(line["missed"]), shown)


def metrics(record: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / f"metrics/{record}.json").read_text())


def written(page: str) -> dict[str, str]:
    found = re.findall(r"<!-- (\w+) -->([^<]+)<!-- /\1 -->", page)
    return {name: " ".join(text.split()) for name, text in found}


def headline(intervals: dict[str, Any]) -> dict[str, str]:
    found = {"ece": f"{100 * intervals['ece']['value']:.1f}"}
    for name in ("backtest_roc_auc", "roc_auc"):
        value, low, high = (100 * intervals[name][bound] for bound in ("value", "low", "high"))
        found |= {name: f"{value:.1f} %", f"{name}_interval": f"{low:.1f} to {high:.1f} %"}
    return found


def leads() -> dict[str, str]:
    """What is said of the longest and the shortest lead, of climatology, and of the feed that is worth most."""
    table, worth = (pd.read_csv(REPOSITORY / f"metrics/{name}.csv") for name in ("leads/leads", "leads/ablation"))
    found = {"how_early": metrics("leads/leads")["how_early"]}
    for name, line in (("lead_shortest", table.iloc[0]), ("lead_longest", table.iloc[-1])):
        value, low, high = (100 * line[f"roc_auc{bound}"] for bound in ("", "_low", "_high"))
        found[name] = f"{value:.1f} % ({low:.1f} to {high:.1f} %) {in_words(line['hours'])} ahead"
    finds = {f"{100 * value:.0f} %" for value in table["climatology_roc_auc"]}
    assert len(finds) == 1, "climatology depends on the lead"
    for lead, lines in worth.groupby("lead", sort=False):
        shown = [line for _, line in lines.iterrows() if line["log_loss_low"] > 0]
        form = "the {feed}, {log_loss:.3f} ({log_loss_low:.3f} to {log_loss_high:.3f})"
        told = form.format(**shown[0]) if shown else "none"
        found[f"worth_{lead}"] = f"{in_words(lines['hours'].iloc[0])} ahead {told}"
    return found | {"lead_climatology": finds.pop()}


def differences(compared: dict[str, Any]) -> dict[str, str]:
    return {
        f"{window}_{name}": "{value:.3f} ({low:.3f} to {high:.3f})".format(**found["log_loss"]["difference"])
        for window, others in compared.items()
        for name, found in others.items()
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
    lines, record = table("slices/bands", "slice", "band"), metrics("slices/metrics")
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
    lines = pd.read_csv(REPOSITORY / "metrics/slices/segments.csv")
    (line,) = lines[lines["confirmed"]].to_dict("records")
    value, low, high = (100 * line[name] for name in ("gap", "gap_low", "gap_high"))
    return {
        "segment": "{slice} {band}, {other_slice} {other_band}".format(**line),
        "segment_said": f"{100 * line['probability']:.1f} %",
        "segment_came": f"{100 * line['rate']:.1f} %",
        "segment_gap": f"{value:.1f} points ({low:.1f} to {high:.1f})",
    }


def in_common() -> dict[str, str]:
    lines, found = table("slices/mistakes", "kind", "slice", "band"), {}
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
    lines, asked = table("slices/costs", "answers"), params.load(REPOSITORY / "params.yaml", "costs")
    curve = table("slices/costs_threshold", "threshold")["cost"]
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
    lines = table("slices/conformal", "kind", "month", "outcome")
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
    table = pd.read_csv(REPOSITORY / "metrics/stress/laws.csv").set_index("name")
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
    table = pd.read_csv(REPOSITORY / "metrics/stress/stress.csv")
    wanted = {"missing": 1.0, "stale": 6.0, "lossy": 0.3, "noisy": 0.3, "instead": 1.0}
    shown = table[table["kind"].map(wanted) == table["level"]]
    found = {f"{line['what'].replace(' ', '_')}_{line['kind']}": added(line) for _, line in shown.iterrows()}
    late = table[(table["what"] == "departures") & (table["kind"] == "stale") & (table["level"] == 1)]
    found["departures_stale_1"] = added(late.iloc[0])
    before = (table["log_loss"] - table["log_loss_difference"])[table["kind"].isin(wanted)]
    assert before.max() - before.min() < 1e-4
    return found | {"sentence": metrics("stress/stress")["sentence"], "undisturbed": f"{before[0]:.3f}"}


def drift() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/stress/stress.csv").set_index(["what", "level"])
    mix = table[table["kind"] == "mix"]
    return {
        "true_outcomes_2": added(table.loc[("true outcomes", 2.0)]),
        "true_outcomes_05": added(table.loc[("true outcomes", 0.5)]),
        "worst_days_3": added(table.loc[("worst days", 3.0)]),
        "worst_days_3_roc_auc": added(table.loc[("worst days", 3.0)], "roc_auc"),
        "mix": added(mix.loc[mix["log_loss_difference"].idxmax()]),
    }


def months() -> dict[str, str]:
    table = pd.read_csv(REPOSITORY / "metrics/stress/months.csv").set_index("month")
    best = table["log_loss"].idxmin()
    index = table["mean_psi"]
    found = {"psi_low": index.min(), "psi_high": index.max(), "best_month_psi": index[best]}
    return {name: f"{value:.2f}" for name, value in found.items()} | {"best_month": str(best)}


def latency() -> dict[str, str]:
    record = json.loads((REPOSITORY / "docs/latency.json").read_text())
    return {"latency": block(grid(record["measurements"], record["yardstick_seconds"]))}


def audit() -> dict[str, str]:
    """The page on a published figure: every step, and what it takes away."""
    record = metrics("audit/audit")
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
    return numbers


PAGES = {"README.md": readme, "docs/mistakes.md": mistakes, "docs/audit.md": audit, "docs/loop.md": loop}

if __name__ == "__main__":
    sys.exit(main())
