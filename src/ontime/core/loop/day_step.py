"""The day step: what came in, the ledger, models and rules -> what is answered, what is decided, and the next state.

Live it runs on a database and the wall clock; in the replay in memory and on the past.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from ontime.core.loop.policy import (
    ESCALATE,
    MIN_DAYS,
    PROMOTE,
    RETRAIN,
    ROLL_BACK,
    WAIT,
    Decision,
    Training,
    judge_challenger,
    retraining_due,
    watch_promotion,
)
from ontime.core.loop.state import DecisionRecord, Intake, Models, Rules, State
from ontime.core.monitoring.alarms import MONITORS, alarm_rings
from ontime.core.monitoring.ledger import ANSWERED, DAY, Ledger
from ontime.core.monitoring.readings import REFERENCE, WINDOW, read_window
from ontime.core.statistics.metrics import log_losses

DELAY_DAYS, DELAY_HOURS = 2, 2  # the label delay, at leads of up to so many hours


def label_delay(lead_hours: float) -> pd.Timedelta:
    """The label delay: how old the youngest day is whose outcomes are nearly all known when a day begins.

    Two days at leads of up to two hours. A day begins before the first prediction of its rows (`split.day_start`): the
    longer the lead, the earlier, and the less is known by then. So each further 24 hours of lead, or part of them, add
    a day.
    """
    return (DELAY_DAYS + max(0, math.ceil((lead_hours - DELAY_HOURS) / 24))) * DAY


def initial_state(day: pd.Timestamp, ledger: Ledger, models: Models, rules: Rules) -> State:
    """The state before the first day: its champion is learned from what was known when the day began.

    Where the ledger holds answers of the weeks before, these are read: alarms then know from the start what is usual.
    """
    version, name = models.train(day), f"{day:%Y-%m-%d}"
    ends = [day - rules.label_delay - back * WINDOW for back in reversed(range(REFERENCE // WINDOW))]
    answered = [end for end in ends if len(ledger.predictions(end - WINDOW + DAY, end, ANSWERED))]
    readings = tuple(read_window(end, ledger, {}) for end in answered)
    return State(begun=name, champion=version, promoted=name, trained=name, readings=readings)


def day_step(
    state: State, day: pd.Timestamp, intake: Intake, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[DecisionRecord]]:
    """One day: record the outcomes that came in, once a week read the last window and decide, answer the day's rows."""
    ledger.record_outcomes(intake.ids, intake.outcomes)
    decisions: list[DecisionRecord] = []
    if _week_ends(state, day):
        state = _read(state, day - rules.label_delay, ledger, models)
        state, rolled_back = _roll_back(state, day, ledger, rules)
        state, judged = _judge(state, day, ledger, models, rules)
        state, retrained = _retrain(state, day, models, rules)
        decisions = [*rolled_back, *judged, *retrained]
    answer_rows(state, day, intake, ledger, models)
    return state, decisions


def answer_rows(state: State, day: pd.Timestamp, intake: Intake, ledger: Ledger, models: Models) -> None:
    """Record the predictions of all versions for the day's rows, and the answers.

    The champion answers, and climatology where the watched source is silent.
    """
    if intake.rows.empty:
        return
    probabilities = {version: models.predict(version, intake.rows) for version in state.versions}
    answers = probabilities[state.champion]
    if intake.silent.any():
        answers = np.where(intake.silent, models.fallback(intake.rows), answers)
    ledger.record_predictions(day, intake.rows["id"].to_numpy(), probabilities | {ANSWERED: answers})


def _week_ends(state: State, day: pd.Timestamp) -> bool:
    since = (day - pd.Timestamp(state.begun)) // DAY
    return since > 0 and since % (WINDOW // DAY) == 0


def _read(state: State, last: pd.Timestamp, ledger: Ledger, models: Models) -> State:
    drift = models.drift(state.champion, last - WINDOW + DAY, last)
    return replace(state, readings=(*state.readings, read_window(last, ledger, drift, state.champion)))


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


def _retrain(state: State, day: pd.Timestamp, models: Models, rules: Rules) -> tuple[State, list[DecisionRecord]]:
    """A new model where the policy asks for one and no challenger waits. Without a gate it answers at once."""
    if state.challenger:
        return state, []
    ringing = {monitor: alarm_rings(state.readings, monitor, rules.drift) for monitor in MONITORS}
    trained = Training(pd.Timestamp(state.begun), pd.Timestamp(state.trained))
    decision = retraining_due(rules.policy, day, trained, ringing)
    if decision.action != RETRAIN:
        return state, []
    version, name = models.train(day), f"{day:%Y-%m-%d}"
    decisions = [_record(day, decision, version)]
    if version == state.champion:
        return replace(state, trained=name), decisions
    state = replace(state, challenger=version, trained=name)
    if rules.policy.gated:
        return state, decisions
    return _promoted(state, day), [*decisions, *_unwatched(state, day)]


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
