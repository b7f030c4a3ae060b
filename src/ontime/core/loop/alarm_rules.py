"""Readings of models that are never replaced, and their losses -> every alarm rule against what came after it rang."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import beta

from ontime.core.loop.replay import Life, Workshop
from ontime.core.monitoring.alarms import LEAST_PAST, rings, upper_bound
from ontime.core.monitoring.drift import P_VALUES
from ontime.core.monitoring.ledger import DAY
from ontime.core.monitoring.readings import WINDOW, Reading, expected
from ontime.core.statistics.metrics import log_losses
from ontime.params import Drift, Intervals

AHEAD = 4  # windows from an alarm on over which losses are compared: what a new model would serve for
SOON = 1  # windows after a rise began in which an alarm is not late
WINDOWS = ((1, 1), (2, 3), (3, 4))  # k of n
QUANTILES = (0.8, 0.9, 0.95)
MONTH = 365.25 / 12 / 7  # windows
DIGITS = 5
COUNTS = ("alarms", "right", "late", "false", "worth")


class Followed(NamedTuple):
    """A model from its first day to the last of the data, window by window.

    readings: what each showed, after those of the time before; rises (windows,) bool: the loss after each was beyond
    what those before had shown; worth (windows,) bool: a model trained when its month began would have done better from
    then on; losses, fresh (windows,): mean log loss of the model, and of that new one.
    """

    readings: Sequence[Reading]
    rises: np.ndarray
    worth: np.ndarray
    losses: np.ndarray
    fresh: np.ndarray

    @property
    def first(self) -> int:
        """The place of the first window among the readings."""
        return len(self.readings) - len(self.losses)

    @property
    def ends(self) -> pd.DatetimeIndex:
        """The last day of each window: (windows,)."""
        return pd.to_datetime([each.last for each in self.readings[self.first :]])

    def until(self, moment: pd.Timestamp) -> Followed:
        """As far as its windows end before a moment."""
        kept = int((self.ends < moment).sum())
        arrays = (each[:kept] for each in (self.rises, self.worth, self.losses, self.fresh))
        return Followed(self.readings[: self.first + kept], *arrays)

    def weeks(self, model: str, level: float) -> pd.DataFrame:
        """A line for each window; its loss was expected between two bounds with probability `level`."""
        lines = []
        for place in range(self.first, len(self.readings)):
            now, band = self.readings[place], expectation(self.readings[: place + 1], level)
            lines.append({"model": model, "last": now.last} | band | dict(now.drift))
        return pd.DataFrame(lines).assign(log_loss=self.losses, fresh=self.fresh).round(DIGITS)


def expectation(readings: Sequence[Reading], level: float) -> dict[str, float]:
    """Columns for where the loss of the last window was expected, between two bounds with probability `level`."""
    found = expected(readings, level)
    band = (found.value, found.low, found.high) if found else (np.nan, np.nan, np.nan)
    return dict(zip(("expected", "expected_low", "expected_high"), band, strict=True))


class AlarmRule(NamedTuple):
    """What is watched, and when it rings; `test` only of drift."""

    monitor: str
    test: str
    quantile: float
    k: int
    n: int

    @property
    def drift(self) -> Drift:
        """As the loop is told it."""
        asked: dict[str, Any] = {"test": self.test or P_VALUES, "quantile": self.quantile, "k": self.k, "n": self.n}
        return Drift(**asked)


def rules(tests: Iterable[str]) -> list[AlarmRule]:
    """Every rule that is tried; of p-values the quantile is the share of features that are called different."""
    watched = [("realised", ""), ("estimated", ""), *(("drift", test) for test in (*tests, P_VALUES))]
    return [
        AlarmRule(monitor, test, quantile, k, n)
        for (monitor, test), quantile, (k, n) in product(watched, QUANTILES, WINDOWS)
    ]


def rises(before: np.ndarray, losses: np.ndarray, quantile: float) -> np.ndarray:
    """Whether the mean loss of the windows after each is beyond what it and those before it showed: (windows,) bool.

    before: losses of the windows before the first; losses (windows,).
    """
    found = np.zeros(len(losses), dtype=bool)
    for place in range(len(losses) - 1):
        past = np.concatenate([before, losses[: place + 1]])
        after = losses[place + 1 : place + 1 + AHEAD]
        found[place] = len(past) >= LEAST_PAST and np.mean(after) > upper_bound(past, quantile, len(after))
    return found


def worth(gaps: np.ndarray, margin: float) -> np.ndarray:
    """Whether the newest model of each window would have lost less after it by the margin: (windows,) bool.

    gaps (windows, windows): what the followed model lost more in each window (second axis) than that which is trained
    when the month of a window's end begins (first axis).
    """
    size = len(gaps)
    after = [gaps[place, place + 1 : place + 1 + AHEAD] for place in range(size)]
    return np.array([len(each) > 0 and float(np.mean(each)) > margin for each in after])


def follow(life: Life, months: Sequence[str], margin: float, quantile: float) -> Followed:
    """A life of one model as `Followed`, beside models trained at the start of each of the months."""
    year, workshop = life.models.year, life.models
    readings = life.state.readings
    ends = [pd.Timestamp(each.last) for each in readings if each.last >= life.state.begun]
    fresh = {month: workshop.train(pd.Timestamp(f"{month}-01")) for month in months}
    parts = [year.rows(end - WINDOW + DAY, end) for end in ends]
    parts[0] = parts[0][parts[0]["day"] >= life.state.begun]
    lost = {version: _losses(workshop, version, parts) for version in {life.state.champion, *fresh.values()}}
    own = lost[life.state.champion]
    gaps = np.array([own - lost[fresh[f"{end:%Y-%m}"]] for end in ends])
    past = [each.realised for each in readings[: -len(ends)] if each.realised is not None]
    new = np.array([lost[fresh[f"{end:%Y-%m}"]][place] for place, end in enumerate(ends)])
    return Followed(readings, rises(np.array(past), own, quantile), worth(gaps, margin), own, new)


def _losses(workshop: Workshop, version: str, parts: Sequence[pd.DataFrame]) -> np.ndarray:
    """Mean log loss of a version in each of the windows: (windows,)."""
    found = []
    for rows in parts:
        known = rows[rows["outcome"].notna()]
        said = np.concatenate([workshop.say(version, day)[day["outcome"].notna()] for _, day in rows.groupby("day")])
        found.append(float(np.mean(log_losses(said, known["outcome"].to_numpy(dtype=bool)))))
    return np.array(found)


def outcome(rule: AlarmRule, followed: Followed) -> pd.DataFrame:
    """A line for each window but the last, after which nothing is known: when, and whether an alarm begins to ring.

    Right: the loss rises after it, or after the next window; late: it has been up for longer; false: neither. worth: a
    model trained when the month began would have been better. missed: a rise began, and no alarm rang while it lasted.
    """
    rang = _rings(rule, followed.readings)[followed.first :]
    begun = rang & ~np.concatenate([[False], rang[:-1]])
    now = followed.rises | np.concatenate([followed.rises[1:], [False]])
    late = begun & followed.rises & (_age(followed.rises) > SOON)
    right = begun & now & ~late
    return pd.DataFrame(
        {
            "last": followed.ends,
            "alarms": begun,
            "right": right,
            "late": late,
            "false": begun & ~right & ~late,
            "worth": begun & followed.worth,
            "missed": _missed(rang, followed.rises),
            "ringing": rang,
            "delay": np.where(right | late, _age(followed.rises), 0),
            "due": followed.worth,
        }
    ).iloc[:-1]


def table(
    tried: Sequence[AlarmRule], followed: Sequence[Followed], judged_from: pd.Timestamp, params: Intervals
) -> pd.DataFrame:
    """A line for each rule and window of the year: counts, precision with its interval, and what was chosen.

    Chosen is, of each thing that can be watched, the rule with most right alarms less false and missed ones in windows
    whose following ones end before `judged_from`; of equal ones that which rings least, then the strictest.
    """
    known = [part for each in followed if len((part := each.until(judged_from - AHEAD * WINDOW)).losses)]
    lines: list[dict[str, Any]] = []
    for rule in tried:
        rows = pd.concat([outcome(rule, each) for each in followed], ignore_index=True)
        before = pd.concat([rows.iloc[:0], *(outcome(rule, each) for each in known)], ignore_index=True)
        for window, part in (("chosen", before), ("judged", rows[rows["last"] >= judged_from])):
            lines.append(rule._asdict() | {"window": window} | _counted(part, params))
    found = pd.DataFrame(lines)
    return found.assign(chosen=_chosen(found))


def _counted(rows: pd.DataFrame, params: Intervals) -> dict[str, Any]:
    counts = {name: int(rows[name].sum()) for name in (*COUNTS, "missed")}
    months, found = len(rows) / MONTH, counts["right"] + counts["late"]
    line: dict[str, Any] = {"windows": len(rows), "ringing": round(float(rows["ringing"].mean()), 3)} | counts
    line["false_per_month"] = round(counts["false"] / months, 3) if months else np.nan
    line["delay"] = round(float(rows["delay"].sum() / found), 2) if found else np.nan
    weeks = rows.loc[rows["alarms"], "last"].dt.to_period("W").nunique()
    for name, share in (("precision", "right"), ("worth_share", "worth")):
        line |= _share(name, counts[share], counts["alarms"], weeks, params.level)
    return line | {"due": round(float(rows["due"].mean()), 3)}


def _share(name: str, hits: int, alarms: int, weeks: int, level: float) -> dict[str, float]:
    """A share of the alarms with its exact interval, where alarms of one week, by several models, count as one.

    Clopper and Pearson, Biometrika 26, 1934, with the number of independent draws in place of that of all (Korn and
    Graubard, Survey Methodology 24, 1998).
    """
    if not alarms:
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    share, rest = hits / alarms, (1 - level) / 2
    yes, no = share * weeks, (1 - share) * weeks
    low = beta.ppf(rest, yes, no + 1) if yes else 0.0
    high = beta.ppf(1 - rest, yes + 1, no) if no else 1.0
    return {name: round(share, 3), f"{name}_low": round(float(low), 3), f"{name}_high": round(float(high), 3)}


def _chosen(found: pd.DataFrame) -> pd.Series:
    """Whether a line is of the rule that is chosen."""
    before = found[found["window"] == "chosen"].copy()
    before["gain"] = before["right"] - before["false"] - before["missed"]
    before["fewer"] = -before["alarms"]
    order = before.sort_values(["gain", "fewer", "quantile", "k"], ascending=False, kind="stable")
    best = order.drop_duplicates(["monitor", "test"])
    key = ["monitor", "test", "quantile", "k", "n"]
    return pd.Series(pd.MultiIndex.from_frame(found[key]).isin(pd.MultiIndex.from_frame(best[key])), index=found.index)


def _rings(rule: AlarmRule, readings: Sequence[Reading]) -> np.ndarray:
    """Whether the alarm rings after each window: (windows,) bool."""
    return np.array([rings(readings[: place + 1], rule.monitor, rule.drift) for place in range(len(readings))])


def _age(rises: np.ndarray) -> np.ndarray:
    """For how many windows the loss has been up before each: (windows,)."""
    age = np.zeros(len(rises), dtype=np.int64)
    for place in range(1, len(rises)):
        age[place] = age[place - 1] + 1 if rises[place - 1] else 0
    return age


def _missed(rang: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Whether a rise begins during which no alarm rings: (windows,) bool."""
    begins = rises & ~np.concatenate([[False], rises[:-1]])
    missed = np.zeros(len(rises), dtype=bool)
    for place in np.flatnonzero(begins):
        end = place + int(np.argmin(np.append(rises[place:], False)))
        missed[place] = not rang[place : end + 1].any()
    return missed
