"""The day step: what came in, the ledger, models and rules -> what is answered, what is decided, and the next state.

Live it runs on a database and the wall clock; in the replay in memory and on the past.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import pandas as pd

from ontime.core.loop.policy import ASK, LEAST_DAYS, PROMOTE, RETRAIN, ROLL_BACK, WAIT, Decision, due, judge, watch
from ontime.core.monitoring.alarms import MONITORS, rings
from ontime.core.monitoring.ledger import ANSWERED, DAY, Ledger
from ontime.core.monitoring.readings import REFERENCE, WINDOW, Reading, read
from ontime.core.statistics.metrics import log_losses
from ontime.params import Drift, Policy

LAG_DAYS, LAG_HOURS = 2, 2  # so long after a day nearly all its outcomes are known, at leads of so many hours


def lag(lead_hours: float) -> pd.Timedelta:
    """How long before a day the last one was whose outcomes are known when it begins, wherever days are counted.

    The longer before its rows a day begins, the less is known by then.
    """
    return (LAG_DAYS + max(0, math.ceil((lead_hours - LAG_HOURS) / 24))) * DAY


class Intake(NamedTuple):
    """What came in until a day began, and the rows to be answered on it.

    rows: `id` and features as of each row's `predict_at`, after the contract; silent (n,) bool: the watched feed had
    sent nothing for too long by then; ids, outcomes: what came of earlier rows, as far as it has become known.
    """

    rows: pd.DataFrame
    silent: np.ndarray
    ids: np.ndarray
    outcomes: np.ndarray


class Models(Protocol):
    """Those who train and keep models. A version is a hash of the model's content.

    train(day): the version learned from what was known when the day began; say(version, rows): probabilities (n,);
    fallback(rows): probabilities of climatology (n,); recipe(version): what it was made by, whatever it learned from;
    drift(version, first, last): by test, the share of the weeks that the version was learned from which moved less than
    those days' rows.
    """

    def train(self, day: pd.Timestamp) -> str: ...

    def say(self, version: str, rows: pd.DataFrame) -> np.ndarray: ...

    def fallback(self, rows: pd.DataFrame) -> np.ndarray: ...

    def recipe(self, version: str) -> str: ...

    def drift(self, version: str, first: pd.Timestamp, last: pd.Timestamp) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class State:
    """What the loop remembers from day to day; days as text. Who is not there is ''.

    champion: answers since `promoted`; challenger: waits in shadow since `trained`; former: the champion before, in
    shadow for a while after a promotion; readings: what every window showed.
    """

    begun: str
    champion: str
    promoted: str
    trained: str
    challenger: str = ""
    former: str = ""
    readings: tuple[Reading, ...] = ()

    def content(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return asdict(self) | {"readings": [each._asdict() for each in self.readings]}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Self:
        """From what JSON holds of it."""
        readings = tuple(Reading.load(each) for each in content["readings"])
        names = {name: str(value) for name, value in content.items() if name != "readings"}
        return cls(**names, readings=readings)

    @property
    def voices(self) -> list[str]:
        """The versions that speak of every row, the champion first."""
        return list(dict.fromkeys(name for name in (self.champion, self.challenger, self.former) if name))


class Made(NamedTuple):
    """A decision with its day, and the version that it is about."""

    day: str
    action: str
    version: str
    reason: str


class Rules(NamedTuple):
    """When to retrain and whom to promote, when an alarm rings, and how old the youngest known outcomes are."""

    policy: Policy
    drift: Drift
    lag: pd.Timedelta = LAG_DAYS * DAY


def begin(day: pd.Timestamp, ledger: Ledger, models: Models, rules: Rules) -> State:
    """The state before the first day: a champion that was learned from what was known when it began.

    Where the ledger holds answers of the weeks before, their windows are read: alarms know what is usual.
    """
    version, name = models.train(day), f"{day:%Y-%m-%d}"
    ends = [day - rules.lag - back * WINDOW for back in reversed(range(REFERENCE // WINDOW))]
    readings = tuple(read(end, ledger, {}) for end in ends if len(ledger.asked(end - WINDOW + DAY, end, ANSWERED)))
    return State(begun=name, champion=version, promoted=name, trained=name, readings=readings)


def step(
    state: State, day: pd.Timestamp, intake: Intake, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[Made]]:
    """One day: learn what came of earlier rows, once a week look and decide, then answer the day's rows."""
    ledger.learn(intake.ids, intake.outcomes)
    made: list[Made] = []
    if _week_ends(state, day):
        state = _look(state, day - rules.lag, ledger, models)
        state, taken_back = _roll_back(state, day, ledger, rules)
        state, concluded = _conclude(state, day, ledger, models, rules)
        state, trained = _retrain(state, day, models, rules)
        made = [*taken_back, *concluded, *trained]
    answer(state, day, intake, ledger, models)
    return state, made


def _week_ends(state: State, day: pd.Timestamp) -> bool:
    since = (day - pd.Timestamp(state.begun)) // DAY
    return since > 0 and since % (WINDOW // DAY) == 0


def _look(state: State, last: pd.Timestamp, ledger: Ledger, models: Models) -> State:
    moved = models.drift(state.champion, last - WINDOW + DAY, last)
    return replace(state, readings=(*state.readings, read(last, ledger, moved, state.champion)))


def _roll_back(state: State, day: pd.Timestamp, ledger: Ledger, rules: Rules) -> tuple[State, list[Made]]:
    """Back to the former champion where it would surely have done better; after a while, once seen, it is let go."""
    if not state.former:
        return state, []
    top, rows = _differences(ledger, state.champion, state.former, state.promoted, day - rules.lag)
    decision = watch(top, rows, rules.policy)
    if decision.action == ROLL_BACK:
        back = replace(state, champion=state.former, former="", promoted=f"{day:%Y-%m-%d}")
        return back, [_made(day, decision, state.champion)]
    over = day - pd.Timestamp(state.promoted) >= rules.policy.watch_days * DAY
    return (replace(state, former="") if over and len(rows) >= LEAST_DAYS else state), []


def _conclude(
    state: State, day: pd.Timestamp, ledger: Ledger, models: Models, rules: Rules
) -> tuple[State, list[Made]]:
    """The challenger's case, once it has been in shadow for long enough."""
    if not state.challenger or day - pd.Timestamp(state.trained) < rules.policy.shadow_days * DAY:
        return state, []
    days = _differences(ledger, state.challenger, state.champion, state.trained, day - rules.lag)
    waited = (day - pd.Timestamp(state.trained)) // DAY
    changed = models.recipe(state.challenger) != models.recipe(state.champion)
    decision = judge(*days, changed=changed, shadow_days=waited, policy=rules.policy)
    if decision.action == WAIT:
        return state, []
    made = [_made(day, decision, state.challenger)]
    if decision.action != PROMOTE:
        return replace(state, challenger=""), made
    return _promoted(state, day), [*made, *_unwatched(state, day)]


def _retrain(state: State, day: pd.Timestamp, models: Models, rules: Rules) -> tuple[State, list[Made]]:
    """A new model where the rule asks for one and none waits; without a gate it answers at once."""
    if state.challenger:
        return state, []
    ringing = {name: rings(state.readings, name, rules.drift) for name in MONITORS}
    decision = due(rules.policy, day, pd.Timestamp(state.trained), ringing)
    if decision.action != RETRAIN:
        return state, []
    version, name = models.train(day), f"{day:%Y-%m-%d}"
    if version == state.champion:
        return replace(state, trained=name), [_made(day, decision, version)]
    state, made = replace(state, challenger=version, trained=name), [_made(day, decision, version)]
    return (state, made) if rules.policy.gated else (_promoted(state, day), [*made, *_unwatched(state, day)])


def _promoted(state: State, day: pd.Timestamp) -> State:
    name = f"{day:%Y-%m-%d}"
    return replace(state, champion=state.challenger, former=state.champion, challenger="", promoted=name)


def _unwatched(state: State, day: pd.Timestamp) -> list[Made]:
    """Who is replaced while the champion before is still in shadow: the way back to that one is lost."""
    told = f"replaced while its promotion on {state.promoted} was still watched; {state.former} is let go"
    return [_made(day, Decision(ASK, told), state.champion)] if state.former else []


def _made(day: pd.Timestamp, decision: Decision, version: str) -> Made:
    return Made(f"{day:%Y-%m-%d}", decision.action, version, decision.reason)


def _differences(ledger: Ledger, one: str, other: str, since: str, last: pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """Log loss of `one` less that of `other` by day, summed, and the rows of each day, since both speak: (days,)."""
    rows = ledger.spoken(pd.Timestamp(since), last, one, other)
    outcome = rows["outcome"].to_numpy(bool)
    gaps = log_losses(rows[one].to_numpy(), outcome) - log_losses(rows[other].to_numpy(), outcome)
    codes = pd.factorize(rows["day"], sort=True)[0]
    return np.bincount(codes, gaps), np.bincount(codes).astype(np.float64)


def answer(state: State, day: pd.Timestamp, intake: Intake, ledger: Ledger, models: Models) -> None:
    """The champion answers, or climatology where the watched feed is silent; the others are heard."""
    if intake.rows.empty:
        return
    said = {version: models.say(version, intake.rows) for version in state.voices}
    told = said[state.champion]
    if intake.silent.any():
        told = np.where(intake.silent, models.fallback(intake.rows), told)
    ledger.say(day, intake.rows["id"].to_numpy(), said | {ANSWERED: told})
