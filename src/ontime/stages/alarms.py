"""The models of the months, frozen to the end of the data -> every alarm rule, judged by what came after it rang."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.loop.alarm_rules import alarm_rules, alarm_table
from ontime.core.loop.day_step import label_delay
from ontime.core.loop.frozen_model import freeze_model
from ontime.core.loop.model_cache import ModelCache
from ontime.core.loop.replay_data import EVALUATION, ReplayData, ReplaySetting
from ontime.core.loop.state import Rules
from ontime.core.pictures.alarms import alarms_picture
from ontime.core.profiles.distances import TESTS
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_csv, read_parquet, write_csv, write_png
from ontime.io.model_files import read_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import Drift, Features, Intervals, Policy, Replay, Split, Train

log = logging.getLogger(__name__)


def run(
    dataset: Dataset,
    files: Files,
    features: Features,
    split: Split,
    train: Train,
    intervals: Intervals,
    drift: Drift,
    policy: Policy,
    replay: Replay,
) -> None:
    """Keep each model to the end of the data as if it were never replaced."""
    backtest, there = read_csv(files.backtest_months), months(files.features)
    setting = ReplaySetting.of(dataset.features, train, backtest, features.lead_hours, intervals.seed)
    rows = read_months(files.features, there, setting.columns)
    data = ReplayData.of(rows, there, setting, split, replay)
    predicted = read_parquet(files.backtest, ["id", "day", "outcome", "probability"])
    answers = pd.concat([data.earlier_answers(), predicted])
    rules = Rules(policy, drift, label_delay(features.lead_hours))
    cache, frozen = ModelCache(setting, {}), {}
    for month in data.backtest_months:
        cache.keep(pd.Timestamp(f"{month}-01"), read_model(files.backtest_models / month))
    for month in tqdm(data.backtest_months, desc="alarms", unit=" models", disable=None):
        frozen[month] = freeze_model(month, data, cache, answers, rules)
    table = alarm_table(alarm_rules(TESTS), list(frozen.values()), data.judged_from, intervals)
    weeks = pd.concat([model.weeks(month, intervals.level) for month, model in frozen.items()])
    with stage_draft(files, "alarms", files.record("alarms")) as draft:
        write_csv(table, draft.alarm_rules)
        write_csv(weeks, draft.alarms_weeks)
        write_png(alarms_picture(weeks, table, drift.quantile, intervals.level), draft.alarms_picture)
    judged = table[table["selected"] & (table["window"] == EVALUATION)]
    log.info("%d alarms of the selected rules, %d true", judged["alarms"].sum(), judged["true_alarms"].sum())
