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
from ontime.core.evaluation.costs import answer_thresholds, forced
from ontime.core.report.blocks import cell, lines_of
from ontime.core.report.loop import alarm_rule
from ontime.core.serving.latency import latency_table
from ontime.core.statistics.intervals import Interval
from ontime.core.text import hours_in_words, markdown_table

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
    if marks != [mark for name in opened for mark in (name, f"/{name}")]:
        raise ValueError("a marker is not closed before the next one begins")
    if wrong := sorted(set(opened) ^ set(numbers)) + sorted({name for name in opened if opened.count(name) > 1}):
        raise ValueError(f"markers without a number, numbers without a marker, or twice: {', '.join(wrong)}")
    moved = []
    for name, text in numbers.items():
        match = re.search(BETWEEN.format(name), page)
        if not match:
            raise ValueError(f"between the markers of {name} stands another comment")
        if match[2].split() != text.split():
            moved.append(f"{name}: {_start(match[2])!r} -> {_start(text)!r}")
            page = page[: match.start(2)] + text + page[match.end(2) :]
    return page, moved


def _start(text: str) -> str:
    return " ".join(text.split())[:60]


def written(page: str) -> dict[str, str]:
    """What stands between the markers of a page, on one line each."""
    return {name: " ".join(text.split()) for name, text in re.findall(r"<!-- (\w+) -->([^<]+)<!-- /\1 -->", page)}


def metrics(record: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / f"metrics/{record}.json").read_text())


def table(name: str, *index: str) -> pd.DataFrame:
    frame = pd.read_csv(REPOSITORY / f"metrics/{name}.csv")
    return frame.set_index(index[0] if len(index) == 1 else [*index]) if index else frame


def lines(name: str) -> list[dict[str, Any]]:
    return lines_of(table(name))


def block(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table with the empty lines that Markdown needs around it."""
    return f"\n\n{markdown_table(header, rows).strip()}\n\n"


def amount(line: pd.Series, name: str) -> str:
    """A cost with its interval."""
    return cell(line, name, ".0f")


def added(line: pd.Series | Mapping[str, Any], metric: str = "log_loss") -> str:
    """What a disturbance adds to a metric, with its interval."""
    return cell(line, f"{metric}_difference", "+.3f")


def to_baseline(line: pd.Series | Mapping[str, Any], metric: str = "log_loss", form: str = "+.4f") -> str:
    """The difference of a metric to that of the baseline run, with its interval."""
    return cell(line, f"{metric}_minus_baseline", form)


def readme() -> dict[str, str]:
    """The numbers of README."""
    record = metrics("validate/metrics")
    return {
        "quarantined": str(sum(record["quarantined"].values())),
        "warnings": str(record["warnings"]),
        "largest_shift": str(record["largest_shift"]),
        **headline(),
        **baselines(),
        **leads(),
        **ablation(),
        "policy": metrics("replay/replay")["sentence"],
    }


def headline() -> dict[str, str]:
    record = metrics("evaluate/intervals")
    numbers = {"ece": f"{100 * record['ece']['value']:.1f}"}
    for name in ("backtest_roc_auc", "roc_auc"):
        value, low, high = (100 * record[name][bound] for bound in ("value", "low", "high"))
        numbers |= {name: f"{value:.1f} %", f"{name}_interval": f"{low:.1f} to {high:.1f} %"}
    return numbers


def baselines() -> dict[str, str]:
    return {
        f"{window}_{name}": f"{Interval.load(compared['log_loss']['difference']):.3f}"
        for window, others in metrics("evaluate/baselines").items()
        for name, compared in others.items()
    }


def leads() -> dict[str, str]:
    """What is said of the longest and the shortest lead, and of climatology."""
    shortest, *others = lines("leads/leads")
    climatology = {f"{100 * line['climatology_roc_auc']:.0f} %" for line in (shortest, *others)}
    assert len(climatology) == 1, "climatology depends on the lead"
    numbers = {"how_early": metrics("leads/leads")["how_early"], "lead_climatology": climatology.pop()}
    for name, line in (("lead_shortest", shortest), ("lead_longest", others[-1])):
        numbers[name] = f"{cell(line, 'roc_auc', '.1%')} {hours_in_words(line['hours'])} ahead"
    return numbers


def ablation() -> dict[str, str]:
    """The feature group that is worth most at each lead, where one is shown to be worth anything."""
    numbers = {}
    for lead, groups in table("leads/ablation").groupby("lead", sort=False):
        shown = lines_of(groups[groups["log_loss_difference_low"] > 0])
        worth_most = f"the {shown[0]['group']}, {cell(shown[0], 'log_loss_difference', '.3f')}" if shown else "none"
        numbers[f"worth_{lead}"] = f"{hours_in_words(groups['hours'].iloc[0])} ahead {worth_most}"
    return numbers


def mistakes() -> dict[str, str]:
    """The numbers of docs/mistakes.md."""
    parts = (weak_spots, segment, in_common, costs, areas, conformal, laws, failures, drift, months, latency)
    return {name: text for part in parts for name, text in part().items()}


def weak_spots() -> dict[str, str]:
    bands, record = table("slices/bands", "slice", "band"), metrics("slices/metrics")
    slices = params.load(REPOSITORY / "params.yaml", "slices")
    level = params.load(REPOSITORY / "params.yaml", "intervals").level
    shown = {
        "auc_morning": ("departure", "before 9"),
        "auc_night": ("departure", "21 and later"),
        "auc_silence": ("late so far", "no departures in 3 h"),
        "auc_new": ("history", "never seen"),
    }
    counts = ("bands", "bands_off", "bands_miscalibrated", "segments_found", "segments_confirmed")
    return {
        **{name: cell(bands.loc[band], "roc_auc", ".1%") for name, band in shown.items()},
        **{name: str(record[name]) for name in counts},
        "by_chance": f"{(1 - level) * record['bands']:.0f}",
        **{f"left_out_{name}": f"{record['left_out'][name]:,}" for name in ("destination", "carrier")},
        "min_rows": f"{slices.min_rows:,}",
        "mistakes": str(slices.mistakes),
    }


def segment() -> dict[str, str]:
    (line,) = [line for line in lines("slices/segments") if line["confirmed"]]
    value, low, high = (100 * line[name] for name in ("calibration_gap", "calibration_gap_low", "calibration_gap_high"))
    return {
        "segment": "{slice} {band}, {other_slice} {other_band}".format(**line),
        "segment_said": f"{100 * line['probability']:.1f} %",
        "segment_came": f"{100 * line['rate']:.1f} %",
        "segment_gap": f"{value:.1f} points ({low:.1f} to {high:.1f})",
    }


def in_common() -> dict[str, str]:
    bands, numbers = table("slices/mistakes", "kind", "slice", "band"), {}
    shown = {
        "missed_morning": ("missed", "departure", "before 9"),
        "missed_silence": ("missed", "late so far", "no departures in 3 h"),
        "alarm_late": ("false alarm", "late so far", "40 % and more"),
        "alarm_rain": ("false alarm", "rain or snow", "below 0.05 in/h"),
    }
    for name, band in shown.items():
        line = bands.loc[band]
        numbers[name] = f"{100 * line['share']:.0f} %"
        numbers[f"{name}_lift"] = "{lift:.1f} times ({lift_low:.1f} to {lift_high:.1f})".format(**line)
    return numbers


def costs() -> dict[str, str]:
    strategies, prices = table("slices/costs", "strategy"), params.load(REPOSITORY / "params.yaml", "costs")
    low, high = answer_thresholds(prices)
    even, _ = answer_thresholds(forced(prices))
    numbers = {
        "cost_missed": f"{prices.missed:g}",
        "cost_unknown": f"{prices.unknown:g}",
        "threshold": f"{even:.2f}",
        "unknown_from": f"{low:.2f}",
        "unknown_to": f"{high:.2f}",
        "threshold_best": f"{table('slices/costs_threshold', 'threshold')['cost'].idxmin():.2f}",
        "unknown": cell(strategies.loc["model or unknown"] / 1000, "unknown", ".0%"),
    }
    for strategy in ("model", "model or unknown", "climatology", "always yes", "always no"):
        name = strategy.replace(" ", "_")
        numbers[f"cost_{name}"] = amount(strategies.loc[strategy], "cost")
        if strategy != "model":
            numbers[f"{name}_minus_model"] = amount(strategies.loc[strategy], "cost_minus_model")
    return numbers


def areas() -> dict[str, str]:
    strategies, column = table("slices/costs", "strategy"), "area_under_cost_coverage"
    return {f"area_{name}": amount(strategies.loc[name], column) for name in ("model", "climatology")}


def conformal() -> dict[str, str]:
    sets = table("slices/conformal", "kind", "month", "outcome")
    shown = {
        "marginal": ("marginal", "all", "all"),
        "marginal_true": ("marginal", "all", "true"),
        "class_true": ("by class", "all", "true"),
        "class_false": ("by class", "all", "false"),
        "class_false_july": ("by class", "2013-07", "false"),
        "class_true_october": ("by class", "2013-10", "true"),
    }
    numbers = {name: cell(sets.loc[key], "coverage", ".1%") for name, key in shown.items()}
    return numbers | {"class_both": cell(sets.loc[("by class", "all", "all")], "both", ".0%")}


def laws() -> dict[str, str]:
    verdicts = table("stress/laws", "name")
    return {
        "laws": str(len(verdicts)),
        "laws_known": str((verdicts["result"] == "known").sum()),
        "sample_rows": f"{verdicts.loc['predicted_again', 'rows']:,}",
        **{name: verdicts.loc[name, "observed"] for name in ("worse_weather", "longer_delays")},
    }


def failures() -> dict[str, str]:
    """What sources add to the log loss where they fail, each kind of failure at the level that the page shows."""
    levels = {"missing": 1.0, "stale": 6.0, "lossy": 0.3, "noisy": 0.3, "instead": 1.0}
    disturbed = table("stress/stress")
    disturbed = disturbed[disturbed["kind"].isin(levels)]
    shown = lines_of(disturbed[disturbed["kind"].map(levels) == disturbed["level"]])
    numbers = {f"{line['what'].replace(' ', '_')}_{line['kind']}": added(line) for line in shown}
    numbers["departures_stale_1"] = added(
        disturbed.set_index(["what", "kind", "level"]).loc[("departures", "stale", 1.0)]
    )
    before = disturbed["log_loss"] - disturbed["log_loss_difference"]
    assert before.max() - before.min() < 1e-4
    return numbers | {"sentence": metrics("stress/stress")["sentence"], "undisturbed": f"{before.iloc[0]:.3f}"}


def drift() -> dict[str, str]:
    drifts = table("stress/stress", "what", "level")
    mix = drifts[drifts["kind"] == "mix"]
    return {
        "true_outcomes_2": added(drifts.loc[("true outcomes", 2.0)]),
        "true_outcomes_05": added(drifts.loc[("true outcomes", 0.5)]),
        "worst_days_3": added(drifts.loc[("worst days", 3.0)]),
        "worst_days_3_roc_auc": added(drifts.loc[("worst days", 3.0)], "roc_auc"),
        "mix": added(mix.loc[mix["log_loss_difference"].idxmax()]),
    }


def months() -> dict[str, str]:
    by_month = table("stress/months", "month")
    best, psi = by_month["log_loss"].idxmin(), by_month["mean_psi"]
    numbers = {"psi_low": psi.min(), "psi_high": psi.max(), "best_month_psi": psi[best]}
    return {name: f"{value:.2f}" for name, value in numbers.items()} | {"best_month": str(best)}


def latency() -> dict[str, str]:
    record = json.loads((REPOSITORY / "docs/latency.json").read_text())
    return {"latency": f"\n\n{latency_table(record['measurements'], record['yardstick_seconds']).strip()}\n\n"}


def audit() -> dict[str, str]:
    """The numbers of docs/audit.md: every step, and what it takes away."""
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
        numbers[step["name"]] = f"{Interval.load(step['roc_auc']):.3f}"
        if "difference" in step:
            numbers[f"{step['name']}_gap"] = f"{Interval.load(step['difference']):+.3f}"
    return numbers


def loop() -> dict[str, str]:
    """The numbers of docs/loop.md."""
    return policies() | faults() | alarms()


def policies() -> dict[str, str]:
    """Every policy beside never training anew, and beside training monthly."""
    record, runs = metrics("replay/replay"), table("replay/replay")
    plain = runs[runs["fault"] == "none"]
    never = plain[plain["baseline"] == "never"].set_index(["policy", "window"])
    monthly = plain[plain["baseline"] == "monthly"].set_index(["policy", "window"])
    gated = never.loc[("gated", "all")]
    header = (
        "policy",
        "log loss, selection",
        "log loss, evaluation",
        "cost, evaluation",
        "trainings",
        "champion changes",
        "harmful",
        "alarms true, late, false",
    )
    return {
        "recommended": record["recommended"],
        "good": ", ".join(record["good"]),
        "drift_evaluation": to_baseline(monthly.loc[("drift", "evaluation")]),
        "drift_all": to_baseline(monthly.loc[("drift", "all")]),
        "monthly_selection": to_baseline(never.loc[("monthly", "selection")]),
        "monthly_evaluation": to_baseline(never.loc[("monthly", "evaluation")]),
        "gate_selection": to_baseline(monthly.loc[("gated", "selection")]),
        "gate_evaluation": to_baseline(monthly.loc[("gated", "evaluation")]),
        "gate_cost": to_baseline(monthly.loc[("gated", "evaluation")], "cost", "+.1f"),
        "escalations": str(int(gated["escalations"])),
        "gated_cases": str(int(gated["retrainings"])),
        "policies": block(header, [policy_row(never, name) for name in dict.fromkeys(plain["policy"])]),
    }


def policy_row(never: pd.DataFrame, name: str) -> tuple[str, ...]:
    selection, evaluation, year = (never.loc[(name, window)] for window in ("selection", "evaluation", "all"))
    counts = [str(int(year[count])) for count in ("retrainings", "champion_changes", "harmful_champion_changes")]
    rang = metrics("replay/replay")["policies"][name]["alarms"].get(name)
    alarms = ", ".join(str(rang[f"{kind}_alarms"]) for kind in ("true", "late", "false")) if rang else ""
    cost = to_baseline(evaluation, "cost", "+.1f")
    return (name, to_baseline(selection), to_baseline(evaluation), cost, *counts, alarms)


def faults() -> dict[str, str]:
    """What faults add to the same policy without them."""
    runs = table("replay/replay")
    judged = runs[(runs["fault"] != "none") & (runs["window"] == "evaluation")]
    broken = judged.set_index(["fault", "policy"]).loc[("a model trained on shuffled labels", "monthly")]
    rows = []
    for line in lines_of(judged):
        differences = to_baseline(line), to_baseline(line, "cost", "+.1f")
        rows.append((line["fault"], line["policy"], *differences, str(line["harmful_champion_changes"])))
    return {
        "broken_monthly": to_baseline(broken),
        "broken_cost": to_baseline(broken, "cost", "+.1f"),
        "faults": block(("fault", "policy", "log loss", "cost", "harmful champion changes"), rows),
    }


def alarms() -> dict[str, str]:
    """Whether alarms told when to train anew, and whether the loss was where it was estimated."""
    rules = table("alarms/rules")
    tried = rules[rules["window"] == "evaluation"]
    selected = tried[tried["selected"]]
    psi = selected.set_index("test").loc["psi"]
    p_values = tried[(tried["test"] == "p_values") & (tried["quantile"] == 0.8) & (tried["k"] == 1)]
    weeks = table("alarms/weeks").dropna(subset="log_loss_estimated")
    held = weeks["log_loss"].between(weeks["log_loss_estimated_low"], weeks["log_loss_estimated_high"])
    header = ("rule", "alarms", "true", "late", "false a month", "missed rises", "useful")
    return {
        "tried": str(len(tried)),
        "psi_useful": f"{int(psi['useful_alarms'])} of {int(psi['alarms'])}",
        "beyond_chance": str(int((tried["useful_share_low"] > tried["useful_base_rate"]).sum())),
        "alarms": block(header, [alarm_row(line) for line in lines_of(selected)]),
        "frozen": str(int(selected["windows"].iloc[0])),
        "useful_base_rate": f"{100 * selected['useful_base_rate'].iloc[0]:.0f} %",
        "held": f"{100 * held.mean():.0f} %",
        "held_weeks": str(len(weeks)),
        "p_values": f"{100 * p_values['share_of_windows_alarming'].iloc[0]:.0f} %",
    }


def alarm_row(line: Mapping[str, Any]) -> tuple[str, ...]:
    counts = (str(line[name]) for name in ("alarms", "true_alarms", "late_alarms"))
    useful = cell(line, "useful_share", ".0%") or "none rang"
    return (alarm_rule(line), *counts, f"{line['false_alarms_per_month']:.2f}", str(line["missed_rises"]), useful)


PAGES = {"README.md": readme, "docs/mistakes.md": mistakes, "docs/audit.md": audit, "docs/loop.md": loop}

if __name__ == "__main__":
    sys.exit(main())
