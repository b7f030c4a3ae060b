"""The features of all months and the recipe -> the loop, day by day, under every policy and with every fault."""

import logging
from dataclasses import replace

import pandas as pd
from tqdm import tqdm

from ontime.core.features.failing_sources import Sample
from ontime.core.features.table import months_needed
from ontime.core.loop.day_step import label_delay
from ontime.core.loop.model_cache import ModelCache
from ontime.core.loop.replay import RunSpec, replay_runs
from ontime.core.loop.replay_data import ReplayData, ReplaySetting
from ontime.core.loop.replay_record import decision_table, replay_record, weekly_losses
from ontime.core.loop.run_table import run_table
from ontime.core.loop.scenarios import (
    PLAIN,
    Scenario,
    features_in_outage,
    late_labels,
    outcomes_silent,
    predicted_in_outage,
    shuffled_month,
    shuffled_training,
    source_down,
)
from ontime.core.loop.scoring import Scorer
from ontime.core.loop.state import Rules
from ontime.core.monitoring.silence import source_silent
from ontime.core.pictures.replay import replay_picture
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.atomic import stage_draft
from ontime.io.checkpoints import stage_checkpoints
from ontime.io.formats import read_csv, read_parquet, write_csv, write_json, write_png
from ontime.io.hashes import content_hash
from ontime.io.month_files import months, months_of, part, read_months
from ontime.io.paths import Files
from ontime.params import RULES, Costs, Drift, Features, Intervals, Policy, Replay, Split, Train

log = logging.getLogger(__name__)
FAULTY = ("monthly", "gated")  # the policies that are tried with faults
FAULT_DAY = pd.Timedelta(days=9)  # of the month in which things fail, when a source goes down
NEVER_SILENT = 1e9  # hours


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
    """Replay the loop under each policy. Killed and run again, it goes on with the day at which it was."""
    backtest, there = read_csv(files.backtest_months), months(files.features)
    setting = ReplaySetting.of(dataset.features, train, backtest, features.lead_hours, intervals.seed)
    rows = read_months(files.features, there, setting.columns)
    data = ReplayData.of(rows, there, setting, split, replay)
    rules = Rules(policy, drift, label_delay(features.lead_hours))
    specs = _specs(_scenarios(dataset, files, data, policy), rules, replay.training_days)
    inputs = {"data": content_hash(files.features), "clean": content_hash(files.clean), "setting": setting}
    sections = {"split": split, "drift": drift, "policy": policy, "replay": replay}
    with (
        stage_draft(files, "replay", files.record("replay")) as draft,
        stage_checkpoints(files, "replay", **inputs, **sections) as checkpoints,
    ):
        cache, earlier = ModelCache(setting, checkpoints), data.earlier_answers()
        days = replay_runs(specs, cache, earlier, data.days, checkpoints)
        *_, runs = tqdm(days, desc="replay", total=len(data.days), unit=" days", disable=None)
        scorer = Scorer(runs["never"].models.timeline, data.days, data.judged_from, data.test_from, costs, intervals)
        table, weeks, decisions = run_table(runs, scorer), weekly_losses(runs, scorer), decision_table(runs)
        record = replay_record(table, runs, scorer, policy)
        write_csv(table, draft.replay_table)
        write_csv(weeks, draft.replay_weeks)
        write_csv(decisions, draft.replay_decisions)
        write_png(replay_picture(weeks, table, decisions, intervals.level), draft.replay_picture)
        write_json(record, draft.replay)
    log.info("%s", record["sentence"])


def _specs(scenarios: list[Scenario], rules: Rules, training_days: int) -> list[RunSpec]:
    """Every policy in the plain scenario, and some with each fault."""
    specs = []
    for scenario in scenarios:
        plain = scenario.fault == PLAIN
        for rule in RULES if plain else FAULTY:
            name = rule if plain else f"{rule}, {scenario.fault}"
            policy = replace(rules.policy, rule=rule)
            specs.append(RunSpec(name, rules._replace(policy=policy), scenario, training_days))
    return specs


def _scenarios(dataset: Dataset, files: Files, data: ReplayData, policy: Policy) -> list[Scenario]:
    """The data as they were, and with each fault in the month in which things fail."""
    if policy.source not in dataset.stress.sources:
        raise OntimeError(f"policy.source: no source is {policy.source!r}; known: {sorted(dataset.stress.sources)}")
    source, since = dataset.stress.sources[policy.source], data.faults_from
    moments = _moments(dataset, files, source.streams)
    plain = Scenario(PLAIN, data.rows, source_silent(data.rows["predict_at"], moments, policy.silent_hours))
    down = (since + FAULT_DAY).tz_localize("UTC").as_unit("us")
    sample = _outage_sample(dataset, files, data, down)
    outage = features_in_outage(sample, source, down)[list(data.rows)]
    without_fallback = source_down(plain, down, outage, moments, NEVER_SILENT)
    return [
        plain,
        source_down(plain, down, outage, moments, policy.silent_hours),
        replace(without_fallback, fault="a source down, without fallback"),
        *_outcomes_silent(dataset, plain, sample, down),
        late_labels(plain, since),
        shuffled_month(plain, since, since + pd.offsets.MonthBegin(1), data.setting.seed),
        shuffled_training(plain, since),
    ]


def _outcomes_silent(dataset: Dataset, plain: Scenario, sample: Sample, down: pd.Timestamp) -> list[Scenario]:
    """The source of outcomes down, where the dataset names one."""
    source = dataset.stress.sources.get(dataset.stress.outcomes)
    if source is None:
        return []
    outage = features_in_outage(sample, source, down)[list(plain.rows)]
    return [outcomes_silent(plain, down, outage)]


def _outage_sample(dataset: Dataset, files: Files, data: ReplayData, down: pd.Timestamp) -> Sample:
    """The rows that are predicted while the source is down, with the past that they may read."""
    declared, predicted, lead_hours = dataset.features, dataset.features.tables[0], data.setting.lead_hours
    there = months_of(files.clean, predicted)
    needed = [month for month in months_needed(declared, f"{down:%Y-%m}", lead_hours) if month in there]
    tables = {name: _table(files, name, needed) for name in declared.tables}
    ids = data.rows.loc[predicted_in_outage(data.rows["predict_at"], down), "id"]
    rows = tables[predicted][tables[predicted]["id"].isin(ids)].reset_index(drop=True)
    return Sample.of(declared, {**tables, predicted: rows}, tables, lead_hours)


def _moments(dataset: Dataset, files: Files, streams: tuple[str, ...]) -> pd.Series:
    """When each message of a source came, in all months."""
    declared = dataset.features
    moments = []
    for month in months_of(files.clean, declared.tables[0]):
        events = declared.events({name: _table(files, name, [month]) for name in declared.tables})
        moments += [events[stream]["moment"] for stream in streams]
    return pd.concat(moments, ignore_index=True)


def _table(files: Files, name: str, needed: list[str]) -> pd.DataFrame:
    """Months of a clean table, one after another."""
    return pd.concat([read_parquet(part(files.clean, name, month)) for month in needed], ignore_index=True)
