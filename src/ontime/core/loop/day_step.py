"""The day step: what came in, the ledger, models and rules -> what is decided, and the next state.

Live it runs on a database and the wall clock; in the replay in memory and on the past. It answers nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ontime.core.loop.policy import (
    ESCALATE,
    FAILED,
    MIN_DAYS,
    PROMOTE,
    READY,
    RETRAIN,
    ROLL_BACK,
    WAIT,
    Decision,
    Training,
    judge_challenger,
    retraining_due,
    watch_promotion,
)
from ontime.core.loop.state import DecisionRecord, Intake, Models, Rules, State, TrainingResult
from ontime.core.monitoring.alarms import MONITORS, alarm_rings
from ontime.core.monitoring.ledger import ANSWERED, DAY, Ledger
from ontime.core.monitoring.readings import REFERENCE, WINDOW, read_window
from ontime.core.statistics.metrics import log_losses
from ontime.errors import OntimeError

DELAY_DAYS, DELAY_HOURS = 2, 2  # the label delay, at leads of up to so many hours


def label_delay(lead_hours: float) -> pd.Timedelta:
    """The label delay: how old the youngest day is whose outcomes are nearly all known when a day begins.

    Two days at leads of up to two hours. A day begins before the first prediction of its rows (`split.day_start`): the
    longer the lead, the earlier, and the less is known by then. So each further 24 hours of lead, or part of them, add
    a day.
    """
    return (DELAY_DAYS + max(0, math.ceil((lead_hours - DELAY_HOURS) / 24))) * DAY


def initial_state(day: pd.Timestamp, champion: str, ledger: Ledger, rules: Rules) -> State:
    """The state before the first day.

    champion: a version that learned from what was known when the day began. Where the ledger holds answers of the weeks
    before, these are read: alarms then know from the start what is usual.
    """
    name, before = f"{day:%Y-%m-%d}", f"{day - DAY:%Y-%m-%d}"
    ends = [day - rules.label_delay - back * WINDOW for back in reversed(range(REFERENCE // WINDOW))]
    answered = [end for end in ends if len(ledger.predictions(end - WINDOW + DAY, end, ANSWERED))]
    readings = tuple(read_window(end, ledger, {}) for end in answered)
    return State(begun=name, last=before, champion=champion, promoted=name, trained=name, readings=readings)


def day_step(
    state: State, day: pd.Timestamp, intake: Intake, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[DecisionRecord]]:
    """One day: record the outcomes that came in, once a week read the last window and decide, receive what was trained.

    Verdicts come before a new model takes a place, the next request after it. The same step of the same state, again,
    records and decides the same. Raises OntimeError where the day is not the one after the last.
    """
    if day != state.next_day:
        raise OntimeError(f"a step of {day:%Y-%m-%d}: expected {state.next_day:%Y-%m-%d}, the day after {state.last}")
    ledger.record_outcomes(intake.ids, intake.outcomes)
    week_ends = _week_ends(state, day)
    state, verdicts = _look(state, day, ledger, models, rules) if week_ends else (state, [])
    state, received = _receive(state, day, intake.trainings, rules)
    state, requested = _request(state, day, rules) if week_ends else (state, [])
    return replace(state, last=f"{day:%Y-%m-%d}"), [*verdicts, *received, *requested]


def _week_ends(state: State, day: pd.Timestamp) -> bool:
    since = (day - pd.Timestamp(state.begun)) // DAY
    return since > 0 and since % (WINDOW // DAY) == 0


def _look(
    state: State, day: pd.Timestamp, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[DecisionRecord]]:
    """Read the last window whose outcomes are known; judge the champion that was promoted, and the challenger."""
    last = day - rules.label_delay
    drift = models.drift(state.champion, last - WINDOW + DAY, last)
    state = replace(state, readings=(*state.readings, read_window(last, ledger, drift, state.champion)))
    state, rolled_back = _roll_back(state, day, ledger, rules)
    state, judged = _judge(state, day, ledger, models, rules)
    return state, [*rolled_back, *judged]


def _roll_back(state: State, day: pd.Timestamp, ledger: Ledger, rules: Rules) -> tuple[State, list[DecisionRecord]]:
    """Back to the former champion if the new one is inferior; after a while the former one is discarded."""
    if not state.former:
        return state, []
    until = day - rules.label_delay
    differences, rows = _daily_differences(ledger, state.champion, state.former, state.promoted, until)
    decision = watch_promotion(differences, rows, rules.policy)
    if decision.action == ROLL_BACK:
        back = replace(state, champion=state.former, former="", promoted=f"{day:%Y-%m-%d}")
        return back, [_record(day, decision, state.champion)]
    over = day - pd.Timestamp(state.promoted) >= rules.policy.watch_days * DAY
    return (replace(state, former="") if over and len(rows) >= MIN_DAYS else state), []


def _judge(
    state: State, day: pd.Timestamp, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[DecisionRecord]]:
    """The challenger is promoted, discarded or left in shadow, once it has been there for long enough."""
    waited = day - pd.Timestamp(state.trained)
    if not state.challenger or waited < rules.policy.shadow_days * DAY:
        return state, []
    until = day - rules.label_delay
    differences, rows = _daily_differences(ledger, state.challenger, state.champion, state.trained, until)
    changed = models.recipe(state.challenger) != models.recipe(state.champion)
    decision = judge_challenger(differences, rows, changed=changed, shadow_days=waited // DAY, policy=rules.policy)
    if decision.action == WAIT:
        return state, []
    decisions = [_record(day, decision, state.challenger)]
    if decision.action != PROMOTE:
        return replace(state, challenger=""), decisions
    return _promoted(state, day), [*decisions, *_unwatched(state, day)]


def _receive(
    state: State, day: pd.Timestamp, trainings: Sequence[TrainingResult], rules: Rules
) -> tuple[State, list[DecisionRecord]]:
    """What came of the open request: the version waits in shadow, and without a gate answers at once.

    After a failure there may be another request. The result of a request that is not open changes nothing.
    """
    results = [result for result in trainings if state.requested and result.requested == state.requested]
    if not results:
        return state, []
    result = next((one for one in results if one.version), results[0])
    training = f"the training requested on {state.requested}"
    state = replace(state, requested="")
    if not result.version:
        return state, [_record(day, Decision(FAILED, f"{training} failed: {result.failure}"), "")]
    state = replace(state, trained=result.requested)
    if result.version == state.champion:
        return state, [_record(day, Decision(READY, f"{training} gave the champion once more"), result.version)]
    place = "waits in shadow" if rules.policy.gated else "answers from now on"
    decisions = [_record(day, Decision(READY, f"{training} is done; its model {place}"), result.version)]
    state = replace(state, challenger=result.version)
    if rules.policy.gated:
        return state, decisions
    return _promoted(state, day), [*decisions, *_unwatched(state, day)]


def _request(state: State, day: pd.Timestamp, rules: Rules) -> tuple[State, list[DecisionRecord]]:
    """A training is requested where the policy wants one, no challenger waits and no request is open."""
    if state.challenger or state.requested:
        return state, []
    ringing = {monitor: alarm_rings(state.readings, monitor, rules.drift) for monitor in MONITORS}
    trained = Training(pd.Timestamp(state.begun), pd.Timestamp(state.trained))
    decision = retraining_due(rules.policy, day, trained, ringing)
    if decision.action != RETRAIN:
        return state, []
    return replace(state, requested=f"{day:%Y-%m-%d}"), [_record(day, decision, "")]


def _promoted(state: State, day: pd.Timestamp) -> State:
    name = f"{day:%Y-%m-%d}"
    return replace(state, champion=state.challenger, former=state.champion, challenger="", promoted=name)


def _unwatched(state: State, day: pd.Timestamp) -> list[DecisionRecord]:
    """An escalation where a champion is replaced while it is still watched: the former one cannot come back."""
    if not state.former:
        return []
    reason = f"replaced while its promotion on {state.promoted} was still watched; {state.former} is discarded"
    return [_record(day, Decision(ESCALATE, reason), state.champion)]


def _record(day: pd.Timestamp, decision: Decision, version: str) -> DecisionRecord:
    return DecisionRecord(f"{day:%Y-%m-%d}", decision.action, version, decision.reason)


def _daily_differences(
    ledger: Ledger, one: str, other: str, since: str, last: pd.Timestamp
) -> tuple[np.ndarray, np.ndarray]:
    """By day, the sum of the log losses of `one` minus those of `other`, and the number of rows: (days,) each."""
    rows = ledger.scored_rows(pd.Timestamp(since), last, one, other)
    outcome = rows["outcome"].to_numpy(bool)
    differences = log_losses(rows[one].to_numpy(), outcome) - log_losses(rows[other].to_numpy(), outcome)
    codes = pd.factorize(rows["day"], sort=True)[0]
    return np.bincount(codes, differences), np.bincount(codes).astype(np.float64)
