"""The models of the months, followed to the end of the year -> every alarm rule against what came after it rang."""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from ontime.core.loop.alarm_rules import follow, rules, table
from ontime.core.loop.day_step import Rules, lag
from ontime.core.loop.replay import Life, Run, Setting, Shelf, before, days_of
from ontime.core.loop.scenarios import PLAIN, World
from ontime.core.model.split import backtest_months, begins, known, windows
from ontime.core.pictures.alarms import alarms
from ontime.core.profiles.distances import TESTS
from ontime.dataset.dataset import Dataset
from ontime.io.formats import read_csv, read_parquet, write_csv, write_png
from ontime.io.paths import Files, months, read_months
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
    """Follow each model as if it were never replaced."""
    there = months(files.features)
    parts = windows(there, split)
    rounds = read_csv(files.backtest_months).set_index("month")["rounds"].to_dict()
    setting = Setting.of(dataset.features, train, rounds, features.lead_hours, intervals.seed)
    rows = read_months(files.features, there, setting.columns).sort_values("day", kind="stable", ignore_index=True)
    world = World(PLAIN, rows, np.zeros(len(rows), dtype=bool))
    shelf = Shelf(setting, {})
    followed = backtest_months(parts, split)
    backtest = read_parquet(files.backtest, ["id", "day", "outcome", "probability"])
    earlier = pd.concat([before(rows, followed[0], split, setting), backtest])
    days = days_of(rows, followed[0])
    since = pd.Timestamp(str(pd.Period(there[-1]) - replay.judged_months + 1))
    rule = Rules(replace(policy, rule="never"), drift, lag(features.lead_hours))
    found = {}
    for month in tqdm(followed, desc="alarms", unit=" models", disable=None):
        first = pd.Timestamp(f"{month}-01")
        life = Life(Run(month, rule, world), shelf, _known(earlier, rows, first, features.lead_hours), first)
        for day in days:
            if day >= first:
                life.day(day)
        found[month] = follow(life, [*followed, *parts.test], policy.margin, drift.quantile)
    with files.whole("alarms", files.record("alarms")) as draft:
        lines = table(rules(TESTS), list(found.values()), since, intervals)
        write_csv(lines, draft.alarms)
        weeks = pd.concat([each.weeks(month, intervals.level) for month, each in found.items()])
        write_csv(weeks, draft.alarms_weeks)
        write_png(alarms(weeks, lines, drift.quantile, intervals.level), draft.alarms_picture)
    judged = lines[lines["chosen"] & (lines["window"] == "judged")]
    log.info("%d alarms of the chosen rules, %d right", judged["alarms"].sum(), judged["right"].sum())


def _known(earlier: pd.DataFrame, rows: pd.DataFrame, first: pd.Timestamp, lead_hours: float) -> pd.DataFrame:
    """What was answered before a day, with the outcomes that were known when it began."""
    told = earlier["id"].isin(known(rows, begins(first, lead_hours))["id"])
    return earlier.assign(outcome=earlier["outcome"].where(told))[earlier["day"] < first]
