"""The backtest, its models and features -> where the model is weak, its worst mistakes, and what they cost."""

import logging

import pandas as pd

from ontime.core.evaluation.chance import BandsByChance, bands_by_chance
from ontime.core.evaluation.conformal import conformal_table
from ontime.core.evaluation.costs import answer_thresholds, cost_table, coverage_curve, forced, threshold_curve
from ontime.core.evaluation.mistakes import bands_in_common, explain_mistakes, worst_mistakes
from ontime.core.evaluation.segments import search_segments
from ontime.core.evaluation.slices import MONTH, bands_of, left_out, rows_of_bands, slice_table
from ontime.core.model.split import known_rows, month_start
from ontime.core.pictures.bands import bands_picture
from ontime.core.pictures.costs import costs_picture
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_parquet, write_csv, write_json, write_parquet, write_png
from ontime.io.model_files import read_model
from ontime.io.month_files import part, read_months
from ontime.io.paths import Files
from ontime.params import Costs, Features, Intervals, Slices

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, intervals: Intervals, slices: Slices, costs: Costs) -> None:
    """Look at the predictions of the backtest; the test window is not read."""
    rows, bands = _rows(dataset, files)
    table = slice_table(rows, bands, slices.min_rows, intervals)
    segments = search_segments(rows, bands, slices.min_rows, slices.segments, intervals)
    mistakes = worst_mistakes(rows, slices.mistakes)
    costed = cost_table(rows, costs, intervals)
    thresholds, answered = threshold_curve(rows, costs, intervals), coverage_curve(rows, costs, intervals)
    sets = conformal_table(_months(rows, bands, features.lead_hours), slices.conformal_level, intervals)
    recurring = rows_of_bands(rows, bands.drop(columns=MONTH), slices.min_rows)
    chance = bands_by_chance((part for *_, part in recurring), intervals)
    record = _record(table, segments, costed, sets) | _off_by_chance(chance)
    with stage_draft(files, "slices", files.errors, files.record("slices")) as draft:
        write_csv(table, draft.slices_bands)
        write_csv(segments, draft.slices_segments)
        write_csv(bands_in_common(rows, bands, mistakes, intervals), draft.slices_mistakes)
        write_parquet(_explained(files, mistakes, bands), draft.errors)
        write_png(bands_picture(table, intervals.level), draft.slices_picture)
        write_csv(costed, draft.costs)
        write_csv(thresholds, draft.costs_threshold)
        write_csv(answered, draft.costs_answered)
        write_csv(sets, draft.conformal)
        formula, _ = answer_thresholds(forced(costs))
        write_png(costs_picture(costed, thresholds, formula, answered, sets, intervals.level), draft.costs_picture)
        write_json(record, draft.slices_metrics)
    log.info("%s", ", ".join(f"{name} {value}" for name, value in record.items() if name != "left_out"))


def _rows(dataset: Dataset, files: Files) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the backtest with the time at which their outcome was known, and their bands."""
    predicted = read_parquet(files.backtest)
    months = sorted(predicted["day"].dt.strftime("%Y-%m").unique())
    columns = list(dict.fromkeys(declared.column for declared in dataset.slices))
    read = read_months(files.features, months, ["id", "outcome_known_at", *columns]).set_index("id")
    read = read.loc[predicted["id"]].reset_index(drop=True)
    bands = bands_of(read.assign(day=predicted["day"]), dataset.slices)
    return predicted.assign(outcome_known_at=read["outcome_known_at"]), bands


def _months(rows: pd.DataFrame, bands: pd.DataFrame, lead_hours: float) -> list[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Each month after the first: its name, the rows whose outcome was known when it began, its rows."""
    months = list(bands[MONTH].cat.categories)
    return [
        (month, known_rows(rows, month_start(month, lead_hours)), rows[bands[MONTH] == month]) for month in months[1:]
    ]


def _explained(files: Files, mistakes: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Each mistake as seen by the model that made it, the worst first."""
    months = bands.loc[mistakes.index, MONTH].astype("str")
    columns = ["id", "day", "kind", "probability", "outcome"]
    explained = []
    for month, part_of_month in mistakes.groupby(months, sort=True):
        model = read_model(files.backtest_models / str(month))
        features = read_parquet(part(files.features, str(month), None), ["id", *model.inputs.types])
        features = features.set_index("id").loc[part_of_month["id"]]
        explained.append(explain_mistakes(part_of_month[columns], features, model))
    order = {identity: place for place, identity in enumerate(mistakes["id"])}
    table = pd.concat(explained, ignore_index=True)
    return table.sort_values("id", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def _off_by_chance(chance: BandsByChance | None) -> dict[str, float | None]:
    """How many bands are off by chance on average, and how often so many are; None where months are too few to say."""
    expected, probability = (chance.expected, chance.probability) if chance else (None, None)
    numbers = {"bands_off_by_chance": expected, "bands_off_probability": probability}
    return {name: None if number is None else round(number, 4) for name, number in numbers.items()}


def _record(table: pd.DataFrame, segments: pd.DataFrame, costed: pd.DataFrame, sets: pd.DataFrame) -> dict[str, object]:
    """The few numbers that experiments are compared by; their intervals stand in the tables.

    Months are no bands: they do not come again. Of conformal sets only where there was a month before to set them on.
    """
    cost = costed.set_index("strategy")["cost"]
    coverage = sets[(sets["month"] == "all") & (sets["kind"] == "by class")].set_index("outcome")["coverage"]
    bands = table[~table["slice"].isin(["all", MONTH])]
    return {
        "bands": len(bands),
        "bands_off": int(((bands["calibration_gap_low"] > 0) | (bands["calibration_gap_high"] < 0)).sum()),
        "bands_miscalibrated": int(bands["miscalibrated"].sum()),
        "segments_found": len(segments),
        "segments_confirmed": int(segments["confirmed"].sum()),
        "cost": float(cost["model"]),
        "cost_or_unknown": float(cost["model or unknown"]),
        **{f"conformal_{outcome}": share for outcome, share in coverage.items() if outcome != "all"},
        "left_out": left_out(table),
    }
