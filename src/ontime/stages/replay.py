"""The features of the whole year and the recipe -> the loop, day by day, under every policy and every fault."""

import logging
from dataclasses import replace

import pandas as pd
from tqdm import tqdm

from ontime.core.features.failing_feeds import Sample
from ontime.core.features.table import months_needed
from ontime.core.loop.day_step import Rules, lag
from ontime.core.loop.replay import Run, Setting, Shelf, before, days_of, live
from ontime.core.loop.replay_record import Judge, decisions, record, summary, weeks
from ontime.core.loop.scenarios import (
    PLAIN,
    World,
    asked_in,
    bad_challenger,
    corrupted,
    feed_down,
    late_labels,
    without,
)
from ontime.core.model.split import backtest_months, windows
from ontime.core.monitoring.silence import silence
from ontime.core.pictures.replay import policies
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.formats import read_csv, read_parquet, write_csv, write_json, write_png
from ontime.io.hashes import content_hash
from ontime.io.paths import Files, months, months_of, part, read_months
from ontime.params import RULES, Costs, Drift, Features, Intervals, Policy, Replay, Split, Train

log = logging.getLogger(__name__)
FAULTY = ("monthly", "gated")  # the policies that are tried with faults


def run(
    dataset: Dataset,
    files: Files,
    features: Features,
    split: Split,
    train: Train,
    intervals: Intervals,
    costs: Costs,
    drift: Drift,
    policy: Policy,
    replay: Replay,
) -> None:
    """Live the year under each policy. Killed and run again, it goes on with the day on which it was."""
    there = months(files.features)
    first = backtest_months(windows(there, split), split)[0]
    rounds = read_csv(files.backtest_months).set_index("month")["rounds"].to_dict()
    setting = Setting.of(dataset.features, train, rounds, features.lead_hours, intervals.seed)
    rows = read_months(files.features, there, setting.columns).sort_values("day", kind="stable", ignore_index=True)
    days = days_of(rows, first)
    since = pd.Timestamp(str(pd.Period(there[-1]) - replay.judged_months + 1))
    hit = max(since, pd.Timestamp(first) + pd.offsets.MonthBegin(1))  # a first champion is no challenger
    worlds = _worlds(dataset, files, rows, features.lead_hours, policy, hit, intervals.seed)
    runs = _runs(worlds, Rules(policy, drift, lag(features.lead_hours)))
    ingredients = {"data": content_hash(files.features), "clean": content_hash(files.clean), "rounds": rounds}
    asked = {"train": train, "split": split, "features": features, "drift": drift, "policy": policy, "replay": replay}
    with (
        files.whole("replay", files.record("replay")) as draft,
        files.checkpoints("replay", seed=intervals.seed, **ingredients, **asked) as kept,
    ):
        shelf = Shelf(setting, kept)
        earlier = before(rows, first, split, setting)
        lived = live(runs, shelf, earlier, days, kept)
        *_, lives = tqdm(lived, desc="replay", total=len(days), unit=" days", disable=None)
        judge = Judge(lives["never"].models.year, days, since, costs, intervals)
        table = summary(lives, judge)
        write_csv(table, draft.replay_table)
        write_csv(by_week := weeks(lives, judge), draft.replay_weeks)
        write_csv(made := decisions(lives), draft.replay_decisions)
        write_png(policies(by_week, table, made, intervals.level), draft.replay_picture)
        write_json(found := record(table, lives, judge, policy), draft.replay)
    log.info("%s", found["sentence"])


def _runs(worlds: list[World], rules: Rules) -> list[Run]:
    """Every policy in the plain year, and some with each fault; once the watched feed's silence is not minded."""
    runs = []
    for world in worlds:
        for rule in RULES if world.fault == PLAIN else FAULTY:
            name = rule if world.fault == PLAIN else f"{rule}, {world.fault}"
            runs.append(Run(name, rules._replace(policy=replace(rules.policy, rule=rule)), world))
    return runs


def _worlds(
    dataset: Dataset,
    files: Files,
    rows: pd.DataFrame,
    lead_hours: float,
    policy: Policy,
    since: pd.Timestamp,
    seed: int,
) -> list[World]:
    """The year as it was, and with each fault in the month that begins at `since`."""
    if policy.feed not in dataset.stress.feeds:
        raise OntimeError(f"policy.feed: no feed is {policy.feed!r}; known: {sorted(dataset.stress.feeds)}")
    feed = dataset.stress.feeds[policy.feed]
    down = (since + pd.Timedelta(days=9)).tz_localize("UTC").as_unit("us")
    sample, moments = _asked(dataset, files, rows, lead_hours, down), _moments(dataset, files, feed.streams)
    plain = World(PLAIN, rows, silence(rows["predict_at"], moments, policy.silent_hours))
    told = without(sample, feed, down)[["id", *set(rows) - {"id"}]]
    return [
        plain,
        feed_down(plain, down, told, moments, policy.silent_hours),
        replace(feed_down(plain, down, told, moments, 1e9), fault="a feed down, and nobody minds"),
        late_labels(plain, since),
        corrupted(plain, since, since + pd.offsets.MonthBegin(1), seed),
        bad_challenger(plain, since),
    ]


def _asked(dataset: Dataset, files: Files, rows: pd.DataFrame, lead_hours: float, down: pd.Timestamp) -> Sample:
    """The rows that are asked while the feed is down, with the past that they may read."""
    declared = dataset.features
    month = f"{down:%Y-%m}"
    there = months_of(files.clean, declared.tables[0])
    needed = [each for each in months_needed(declared, month, lead_hours) if each in there]
    tables = {name: _table(files, name, needed) for name in declared.tables}
    ids = rows.loc[asked_in(rows["predict_at"], down), "id"]
    first = tables[declared.tables[0]]
    return Sample.of(
        declared,
        {**tables, declared.tables[0]: first[first["id"].isin(ids)].reset_index(drop=True)},
        tables,
        lead_hours,
    )


def _moments(dataset: Dataset, files: Files, streams: tuple[str, ...]) -> pd.Series:
    """When each message of a feed came, in the whole year."""
    declared = dataset.features
    there = months_of(files.clean, declared.tables[0])
    found = []
    for month in there:
        events = declared.events({name: read_parquet(part(files.clean, name, month)) for name in declared.tables})
        found += [events[stream]["moment"] for stream in streams]
    return pd.concat(found, ignore_index=True)


def _table(files: Files, name: str, needed: list[str]) -> pd.DataFrame:
    return pd.concat([read_parquet(part(files.clean, name, month)) for month in needed], ignore_index=True)
