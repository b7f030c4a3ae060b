"""Results -> the sections on mistakes: where the model is weak, what a mistake costs, how the model degrades."""

from __future__ import annotations

import pandas as pd

from ontime.core.evaluation.costs import bounds, forced
from ontime.core.report.blocks import Block, Picture, Section, Table, Text, at, number, share
from ontime.core.report.results import Results

SHOWN = 6  # weakest bands, and mistakes of each kind
DEAREST = 12  # disturbances
FEEDS = {
    "missing": "silent",
    "stale": "{:g} h late",
    "lossy": "{:.0%} of messages lost",
    "noisy": "{:.0%} with the values of others",
    "instead": "instead of the model",
}


def weak(results: Results) -> Section:
    """The bands where it ranks worst, segments that were confirmed, what the worst mistakes share."""
    record, lines = results.records["slices_record"], results.tables["slices"]
    told = (
        f"The backtest is looked at in {record['bands']} bands of at least {results.slices.min_rows:,} "
        f"{results.story.rows}. In {record['bands_off']} of them the interval of the gap between what was said and "
        f"what came leaves out zero, as chance alone has it in one of {1 / (1 - results.intervals.level):.0f}; "
        f"{record['bands_miscalibrated']} stand out once it is taken into account that so many were looked at."
    )
    picture = Picture(
        "slices_picture",
        "Every band: ROC AUC, the gap between what was said and what came, and the log loss less that of climatology.",
        f"Three charts side by side with a point and its interval for each of {record['bands']} bands: ROC AUC, "
        f"gap, and log loss less climatology's. The lowest ROC AUC is that of {_band(_weakest(lines).iloc[0])}.",
    )
    blocks = [Text(told), picture, weakest_bands(results), *_segments(results), *_mistakes(results)]
    return Section("weak", "Where it is weak", [*blocks, *results.remarks("weak")])


def weakest_bands(results: Results) -> Table:
    """The bands in which it ranks worst, each with what the dataset says of it."""
    rows = [
        (
            _band(line),
            f"{line['rows']:,}",
            number(at(line, "roc_auc")),
            number(at(line, "gap"), "+.3f"),
            results.story.bands.get((line["slice"], line["band"]), ""),
        )
        for _, line in _weakest(results.tables["slices"]).iterrows()
    ]
    return Table(
        "Lowest ROC AUC; gap: the mean probability less the rate",
        ("band", results.story.rows, "ROC AUC", "gap", "why"),
        rows,
    )


def _weakest(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[lines["slice"] != "all"].sort_values("roc_auc", kind="stable").head(SHOWN)


def _band(line: pd.Series) -> str:
    return f"{line['slice']}: {line['band']}"


def _segments(results: Results) -> list[Block]:
    lines = results.tables["slices_search"]
    told = (
        "**Two bands together.** All pairs were searched in odd weeks for gaps, and even weeks decide. Of "
        f"{len(lines)} that were found, confirmed: {int(lines['confirmed'].sum())}."
    )
    confirmed = lines[lines["confirmed"].astype("bool")]
    rows = [
        (
            f"{_band(line)}, {line['other_slice']}: {line['other_band']}",
            f"{line['rows']:,}",
            f"{100 * line['probability']:.1f} %",
            f"{100 * line['rate']:.1f} %",
            number(at(line, "gap"), "+.3f"),
        )
        for _, line in confirmed.iterrows()
    ]
    header = ("segment", results.story.rows, "said", "came", "gap")
    return [Text(told), *([Table("Confirmed, in even weeks", header, rows)] if rows else [])]


def _mistakes(results: Results) -> list[Block]:
    lines = results.tables["slices_errors"]
    if lines.empty:
        return []
    told = (
        f"**The worst mistakes** are the {results.slices.mistakes} {results.story.rows} that were said to be "
        "safest and had the outcome, and as many that were said to be lost and had it not. More often than among "
        "all are:"
    )
    rows = [
        (line["kind"], _band(line), f"{100 * line['share']:.0f} %", number(at(line, "lift"), ".1f"))
        for _, part in lines.groupby("kind", sort=False)
        for _, line in part.head(SHOWN).iterrows()
    ]
    header = ("mistake", "band", "their share", "times as often as among all")
    return [Text(told), Table("What the worst mistakes have in common", header, rows)]


def costs(results: Results) -> Section:
    """What each way to answer costs, and what conformal sets keep of their promise."""
    asked, lines = results.costs, results.tables["costs"]
    (low, high), (even, _) = bounds(asked), bounds(forced(asked))
    told = (
        f"In units of a false alarm ({asked.false_alarm:g}) a miss costs {asked.missed:g} and an 'I do not know' "
        f"{asked.unknown:g}: what is chosen here are these prices, and the rest follows. The answer is 'yes' from a "
        f"probability of {even:.2f} on; who may say 'I do not know' says it between {low:.2f} and {high:.2f}."
    )
    rows = [
        (
            line["answers"],
            number(at(line, "cost"), ".0f"),
            number(at(line, "over_model"), "+.0f") if line["answers"] != "model" else "",
            number(at(line, "missed"), ".0f"),
            number(at(line, "false_alarms"), ".0f"),
            number(at(line, "unknown"), ".0f"),
        )
        for _, line in lines.iterrows()
    ]
    header = ("answers of", "cost", "more than the model", "missed", "false alarms", "I do not know")
    picture = Picture(
        "costs_picture",
        "Left the cost by threshold; in the middle the cost if only the surest are answered; right what conformal "
        "sets hold.",
        f"Three charts. Left, what 1,000 answers cost by threshold, least near {even:.2f}. Middle, what an answer "
        "costs if only the surest are given, for the model and for climatology. Right, by month, the share of "
        "conformal sets that hold the outcome, beside what was promised.",
    )
    table = Table(f"What 1,000 {results.story.rows} cost in the backtest", header, rows)
    return Section(
        "costs", "What a mistake costs", [Text(told), picture, table, *_sets(results), *results.remarks("costs")]
    )


def _sets(results: Results) -> list[Block]:
    lines = results.tables["conformal"]
    if lines.empty:
        return []
    together = lines[lines["month"] == "all"]
    told = (
        f"**Conformal sets** promise to hold the outcome in {results.slices.conformal_level:.0%} of cases. The "
        "promise is exact where later days are like earlier ones, and seasons are not; `metrics/slices/conformal.csv` "
        "shows each month."
    )
    rows = [
        (f"{line['kind']}, outcome {line['outcome']}", share(at(line, "coverage")), share(at(line, "both")))
        for _, line in together.iterrows()
    ]
    header = ("bound", "hold the outcome", "hold both, which says nothing")
    return [Text(told), Table("What conformal sets hold, over all months", header, rows)]


def degrades(results: Results) -> Section:
    """What failing feeds and drifting days add to the loss, and the laws that answers keep all the same."""
    record, lines = results.records["stress"], results.tables["stress_table"]
    laws = results.tables["laws"]
    told = (
        f"**The feed that must never fail** is {record['sentence']}. Each disturbance is tried on "
        f"{lines['rows'].iloc[0]:,} {results.story.rows} of the backtest."
    )
    kept = (
        f"Through all of it {len(laws)} laws were tried on every answer: the same question gets the same answer, a "
        "silent feed or an impossible value never brings a certainty. Broken and known to be: "
        f"{int((laws['result'] == 'known').sum())}; any other would have stopped the run. `metrics/stress/laws.csv` "
        "lists them."
    )
    picture = Picture(
        "stress_picture",
        "Left what each disturbed feed adds to the log loss; right what simulated drift adds, and the months as "
        "they came.",
        "Three charts with intervals. Left, what each disturbed feed adds to the log loss, the dearest on top: "
        f"{_disturbed(_dearest(lines).iloc[0])}. Top right, what simulated drift adds. Bottom right, the log loss "
        "of each month and how far its features were from those learned from.",
    )
    blocks = [
        Text(told),
        picture,
        _failures(lines),
        *results.remarks("degrades"),
        Text(kept),
        _drift(lines),
        _months(results),
    ]
    return Section("degrades", "How it degrades", blocks)


def _dearest(lines: pd.DataFrame) -> pd.DataFrame:
    feeds = lines[lines["kind"].isin(FEEDS)]
    return feeds.sort_values("log_loss_difference", ascending=False, kind="stable").head(DEAREST)


def _disturbed(line: pd.Series) -> str:
    return f"{line['what']}, {FEEDS[line['kind']].format(line['level'])}"


def _added(line: pd.Series) -> str:
    bounded = line.rename({"log_loss_difference": "added", "log_loss_low": "added_low", "log_loss_high": "added_high"})
    return number(at(bounded, "added"), "+.3f")


def _failures(lines: pd.DataFrame) -> Table:
    rows = [(_disturbed(line), _added(line)) for _, line in _dearest(lines).iterrows()]
    return Table(
        "What costs most, of all that was tried (`metrics/stress/stress.csv`)", ("feed", "added to the log loss"), rows
    )


def _drift(lines: pd.DataFrame) -> Table:
    rows = [
        (f"{line['what']}, {line['level']:g} times as often", _added(line))
        for _, line in lines[~lines["kind"].isin(FEEDS)].iterrows()
    ]
    return Table("Simulated drift: rows drawn more often, or less", ("drift", "added to the log loss"), rows)


def _months(results: Results) -> Table:
    rows = [
        (line["month"], number(at(line, "log_loss")), f"{line['mean_psi']:.2f}", line["farthest"])
        for _, line in results.tables["stress_months"].iterrows()
    ]
    header = ("month", "log loss", "mean PSI of the features", "farthest feature")
    return Table("The months as they came: how far features were from those learned from", header, rows)
