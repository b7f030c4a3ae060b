"""The models of the backtest, its rows and the clean tables -> the laws they keep, and what each failure costs."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.features.table import months_needed
from ontime.core.model.model import Model
from ontime.core.model.split import in_month, known, start
from ontime.core.pictures.stress import failures
from ontime.core.robustness.laws import judge
from ontime.core.robustness.stress import FALLBACK, drifted, drifts, losses, moved, sampled, verdict
from ontime.core.robustness.stress_month import Setting, Trial, attempt, laws, laws_of_features, month_of
from ontime.dataset.dataset import Dataset
from ontime.io.formats import read_csv, read_model, read_parquet, write_csv, write_json, write_png
from ontime.io.paths import Files, part, parts, read_months
from ontime.params import Features, Intervals, Stress

log = logging.getLogger(__name__)
MONTHLY = ["month", "rows", "rate", "log_loss", "log_loss_low", "log_loss_high"]


def run(dataset: Dataset, files: Files, features: Features, intervals: Intervals, stress: Stress) -> None:
    """Try everything on a sample of the backtest's days. Raises OntimeError, and writes nothing, if a law is broken."""
    setting = Setting(dataset.features, dataset.tables, dataset.stress, stress, features.lead_hours, intervals.seed)
    backtest, lines = read_parquet(files.backtest), read_csv(files.backtest_months)
    models = {month: Model.load(*read_model(files.backtest_models / month)) for month in lines["month"]}
    history = _history(files, backtest, stress)
    with files.whole("stress", files.record("stress")) as draft:
        trials, rows, tables = [], {}, {}
        for month, model in tqdm(models.items(), desc="stress", unit=" months", disable=None):
            rows, tables = _tables(files, setting, month)
            trials.append(attempt(setting, rows, tables, history[month_of(history) == month], model))
        trial = Trial.of_all(trials)
        verdicts = [*laws(setting, trial, models, intervals), *laws_of_features(setting, rows, tables, model)]
        write_csv(judge(verdicts, dataset.stress.known), draft.laws)
        said = trial.said | {FALLBACK: trial.rows["climatology"].to_numpy()}
        text = list(model.inputs.categories)
        everything = backtest.merge(read_months(files.features, list(models), ["id", *text]), on="id")
        drift = drifted(everything, drifts(everything, text, stress), intervals)
        table = pd.concat([losses(trial.rows, said, intervals), drift], ignore_index=True)
        write_csv(table, draft.stress_table)
        write_json(found := verdict(trial.rows, trial.said, intervals), draft.stress)
        pieces = {month: known(history, start(month, features.lead_hours)) for month in models}
        shifts = [moved(pieces[month], in_month(history, month), model.inputs.types) for month in models]
        write_csv(came := lines[MONTHLY].join(pd.DataFrame(shifts)), draft.stress_months)
        write_png(failures(table, came, intervals.level), draft.stress_picture)
    log.info("%d laws hold or are known to be broken; %s", len(verdicts), found["sentence"])


def _history(files: Files, backtest: pd.DataFrame, stress: Stress) -> pd.DataFrame:
    """The features of the sampled days up to the end of the backtest, with what was said of those within it."""
    end = str(backtest["day"].max().to_period("M"))
    months = [name for name, _ in parts(files.features) if name <= end]
    frames = (read_parquet(part(files.features, month, None)) for month in months)
    rows = pd.concat([frame[sampled(frame["day"], stress.every_days)] for frame in frames], ignore_index=True)
    return rows.merge(backtest[["id", "probability", "climatology"]], on="id", how="left")


def _tables(files: Files, setting: Setting, month: str) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The clean tables with the month's sampled rows alone, and with the past that they may read."""
    names, there = setting.features.tables, parts(files.clean)
    needed = [each for each in months_needed(setting.features, month, setting.lead_hours) if (names[0], each) in there]
    tables = {
        name: pd.concat([read_parquet(part(files.clean, name, each)) for each in needed], ignore_index=True)
        for name in names
    }
    rows = read_parquet(part(files.clean, names[0], month))
    chosen = rows[sampled(rows["day"], setting.params.every_days)].reset_index(drop=True)
    return {**tables, names[0]: chosen}, tables
