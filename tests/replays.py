"""Runs of a replay that are made by hand: who answered on which day is given, and so is what came."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from policies import policy

from ontime.core.loop.progress import Serving
from ontime.core.loop.replay import RunSpec
from ontime.core.loop.scenarios import PLAIN, Scenario
from ontime.core.loop.scoring import Scorer
from ontime.core.loop.state import DecisionRecord, Rules, State
from ontime.core.loop.timeline import Timeline
from ontime.core.monitoring.ledger import ANSWERED, DAY, InMemoryLedger
from ontime.core.monitoring.readings import Reading
from ontime.core.statistics.metrics import log_losses
from ontime.params import Costs, Drift, Intervals

FIRST = pd.Timestamp("2013-04-01")
DAYS = [FIRST + number * DAY for number in range(120)]
JUDGED, TEST_FROM = DAYS[60], DAYS[91]  # the first of June, and of July
ROWS = 20
PROBABILITY = {"good": 0.25, "bad": 0.6}
DRIFT = Drift(test="psi", quantile=0.9, k=1, n=1)
INTERVALS = Intervals(level=0.9, replicates=100, block_days=7, simulations=100, seed=1)


def scenario(fault: str = PLAIN) -> Scenario:
    """A quarter of each day's rows is true."""
    day = pd.Series(np.repeat(DAYS, ROWS)).astype("datetime64[us]")
    known_at = (day + DAY).dt.tz_localize("UTC")
    outcome = pd.Series(np.tile(np.arange(ROWS) < ROWS // 4, len(DAYS))).astype("boolean")
    ids = [f"{number}" for number in range(len(day))]
    rows = pd.DataFrame({"id": ids, "day": day, "outcome": outcome, "outcome_known_at": known_at})
    return Scenario(fault, rows, np.zeros(len(rows), dtype=bool), JUDGED, DAYS[90])


def run(rule: str, champions: list[str], fault: str = PLAIN, readings: tuple[Reading, ...] = ()) -> Any:
    """A loop that answered each day by one of PROBABILITY."""
    timeline = Timeline(scenario(fault), 2.0)
    models = SimpleNamespace(timeline=timeline, predict=lambda version, rows: np.full(len(rows), PROBABILITY[version]))
    ledger = InMemoryLedger()
    for day, version in zip(DAYS, champions, strict=True):
        rows = timeline.rows(day, day)
        ledger.record_scores(rows, {ANSWERED: models.predict(version, rows)})
    spec = RunSpec(rule, Rules(policy(rule=rule), DRIFT), timeline.scenario)
    decisions = [DecisionRecord("2013-05-06", "retrain", "", "because")]
    serving = [Serving(version, "", "") for version in champions]
    last = f"{DAYS[-1]:%Y-%m-%d}"
    state = State("2013-04-01", last, champions[-1], "2013-04-01", "2013-04-01", readings=readings)
    return SimpleNamespace(spec=spec, models=models, ledger=ledger, decisions=decisions, serving=serving, state=state)


def scorer() -> Scorer:
    return Scorer(
        Timeline(scenario(), 2.0), DAYS, JUDGED, TEST_FROM, Costs(missed=3, false_alarm=1, unknown=0.6), INTERVALS
    )


def loss(version: str) -> float:
    return float(np.mean(log_losses(np.full(4, PROBABILITY[version]), np.array([1, 0, 0, 0]))))
