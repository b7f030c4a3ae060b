"""The models of the backtest, its rows and the clean tables -> the laws they keep, and what each failure costs."""

import logging
from collections.abc import Mapping

import pandas as pd
from tqdm import tqdm

from ontime.core.features.table import months_needed
from ontime.core.model.model import Model
from ontime.core.model.split import known_rows, month_rows, month_start
from ontime.core.pictures.stress import stress_picture
from ontime.core.robustness.laws import Verdict, law_table
from ontime.core.robustness.stress import (
    FALLBACK,
    disturbance_costs,
    drift_costs,
    feature_shift,
    most_needed_source,
    sampled,
    simulated_drifts,
)
from ontime.core.robustness.stress_month import (
    StressMonth,
    StressSetting,
    laws_of_answers,
    laws_of_features,
    month_of,
    stress_month,
)
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_csv, read_parquet, write_csv, write_json, write_png
from ontime.io.model_files import read_model
from ontime.io.month_files import part, parts_below, read_months
from ontime.io.paths import Files
from ontime.params import Features, Intervals, Stress

log = logging.getLogger(__name__)
MONTHLY = ["month", "rows", "rate", "log_loss", "log_loss_low", "log_loss_high"]


def run(dataset: Dataset, files: Files, features: Features, intervals: Intervals, stress: Stress) -> None:
    """Try everything on a sample of the backtest's days. Raises OntimeError, and writes nothing, if a law is broken."""
    setting = StressSetting(
        dataset.features, dataset.tables, dataset.stress, stress, features.lead_hours, intervals.seed
    )
    backtest, lines = read_parquet(files.backtest), read_csv(files.backtest_months)
    models = {month: read_model(files.backtest_models / month) for month in lines["month"]}
    history = _history(files, backtest, stress)
    with stage_draft(files, "stress", files.record("stress")) as draft:
        tried = _all_months(files, setting, models, history)
        verdicts = laws_of_answers(setting, tried, models, intervals)
        verdicts += _laws_of_the_last_month(files, setting, models)
        write_csv(law_table(verdicts, dataset.stress.known), draft.laws)
        table = _costs(files, backtest, tried, models, intervals, stress)
        write_csv(table, draft.stress_table)
        needed = most_needed_source(tried.rows, tried.disturbed, intervals)
        write_json(needed, draft.stress)
        months = lines[MONTHLY].join(_shifts(history, models, features.lead_hours))
        write_csv(months, draft.stress_months)
        write_png(stress_picture(table, months, intervals.level), draft.stress_picture)
    log.info("%d laws hold or are known to be broken; %s", len(verdicts), needed["sentence"])


def _history(files: Files, backtest: pd.DataFrame, stress: Stress) -> pd.DataFrame:
    """The features of the sampled days up to the end of the backtest, with its predictions where it made any."""
    end = str(backtest["day"].max().to_period("M"))
    months = [name for name, _ in parts_below(files.features) if name <= end]
    frames = (read_parquet(part(files.features, month, None)) for month in months)
    rows = pd.concat([frame[sampled(frame["day"], stress.every_days)] for frame in frames], ignore_index=True)
    return rows.merge(backtest[["id", "probability", "climatology"]], on="id", how="left")


def _all_months(
    files: Files, setting: StressSetting, models: Mapping[str, Model], history: pd.DataFrame
) -> StressMonth:
    """Every month with its own model, as one."""
    tried = []
    for month, model in tqdm(models.items(), desc="stress", unit=" months", disable=None):
        rows, tables = _tables(files, setting, month)
        tried.append(stress_month(setting, rows, tables, history[month_of(history) == month], model))
    return StressMonth.of_all(tried)


def _laws_of_the_last_month(files: Files, setting: StressSetting, models: Mapping[str, Model]) -> list[Verdict]:
    month = list(models)[-1]
    rows, tables = _tables(files, setting, month)
    return laws_of_features(setting, rows, tables, models[month])


def _costs(
    files: Files,
    backtest: pd.DataFrame,
    tried: StressMonth,
    models: Mapping[str, Model],
    intervals: Intervals,
    stress: Stress,
) -> pd.DataFrame:
    """A line for each disturbance and for the fallback on the sampled days, and for each drift on all days."""
    disturbed = tried.disturbed | {FALLBACK: tried.rows["climatology"].to_numpy()}
    text = list(models[list(models)[-1]].inputs.categories)
    everything = backtest.merge(read_months(files.features, list(models), ["id", *text]), on="id")
    drift = drift_costs(everything, simulated_drifts(everything, text, stress), intervals)
    return pd.concat([disturbance_costs(tried.rows, disturbed, intervals), drift], ignore_index=True)


def _shifts(history: pd.DataFrame, models: Mapping[str, Model], lead_hours: float) -> pd.DataFrame:
    """A line for each month: how far its features are from those that its model learned from."""
    lines = []
    for month, model in models.items():
        learned = known_rows(history, month_start(month, lead_hours))
        lines.append(feature_shift(learned, month_rows(history, month), model.inputs.types))
    return pd.DataFrame(lines)


def _tables(
    files: Files, setting: StressSetting, month: str
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The clean tables with the month's sampled rows alone, and with the past that they may read."""
    names, there = setting.features.tables, parts_below(files.clean)
    past = months_needed(setting.features, month, setting.lead_hours)
    needed = [near for near in past if (names[0], near) in there]
    tables = {
        name: pd.concat([read_parquet(part(files.clean, name, near)) for near in needed], ignore_index=True)
        for name in names
    }
    rows = read_parquet(part(files.clean, names[0], month))
    chosen = rows[sampled(rows["day"], setting.params.every_days)].reset_index(drop=True)
    return {**tables, names[0]: chosen}, tables
