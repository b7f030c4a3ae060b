"""Models that are never replaced -> every alarm rule, judged by what came after it rang."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import beta

from ontime.core.loop.frozen_model import AHEAD, FrozenModel
from ontime.core.loop.replay_data import EVALUATION, SELECTION
from ontime.core.monitoring.alarms import alarm_rings
from ontime.core.monitoring.drift import P_VALUES
from ontime.core.monitoring.readings import WINDOW, Reading
from ontime.core.statistics.intervals import Interval
from ontime.params import Drift, Intervals

SOON = 1  # windows after a rise began in which an alarm is not late
K_OF_N = ((1, 1), (2, 3), (3, 4))
QUANTILES = (0.8, 0.9, 0.95)
MONTH = 365.25 / 12 / 7  # windows
COUNTS = ("alarms", "true_alarms", "late_alarms", "false_alarms", "useful_alarms", "missed_rises")


class AlarmRule(NamedTuple):
    """What is watched, and when it rings. `test` is of drift only, else ''."""

    monitor: str
    test: str
    quantile: float
    k: int
    n: int

    @property
    def drift(self) -> Drift:
        """As the loop reads it: the params section `drift`."""
        section: dict[str, Any] = {"test": self.test or P_VALUES, "quantile": self.quantile, "k": self.k, "n": self.n}
        return Drift(**section)


def alarm_rules(tests: Iterable[str]) -> list[AlarmRule]:
    """Every rule that is tried. Of p-values, the quantile is the share of features that are called different."""
    watched = [("realised", ""), ("estimated", "")]
    watched += [("drift", test) for test in (*tests, P_VALUES)]
    return [
        AlarmRule(monitor, test, quantile, k, n)
        for (monitor, test), quantile, (k, n) in product(watched, QUANTILES, K_OF_N)
    ]


def alarm_outcomes(rule: AlarmRule, frozen: FrozenModel) -> pd.DataFrame:
    """What became of a rule's alarms: a line for each window of a model but the last, after which nothing is known.

    - week_end: the window's last day.
    - alarms: an alarm begins to ring.
    - true_alarms: the loss rises after it, or after the next window.
    - late_alarms: the loss has been up for longer.
    - false_alarms: neither.
    - useful_alarms: a new model would then have been better by the margin.
    - missed_rises: a rise begins here, and no alarm rings while it lasts.
    - alarming: an alarm rings, begun here or before.
    - delay_weeks: for how many windows the loss had been up when a true or late alarm began; else 0.
    - useful: as useful_alarms, whether or not an alarm begins.
    """
    rings = _rings(rule, frozen.readings)[frozen.first :]
    begins = rings & ~_before(rings)
    rises, up_for = frozen.rises, _up_for(frozen.rises)
    late = begins & rises & (up_for > SOON)
    true = begins & (rises | _after(rises)) & ~late
    return pd.DataFrame(
        {
            "week_end": frozen.ends,
            "alarms": begins,
            "true_alarms": true,
            "late_alarms": late,
            "false_alarms": begins & ~true & ~late,
            "useful_alarms": begins & frozen.useful,
            "missed_rises": _missed(rings, rises),
            "alarming": rings,
            "delay_weeks": np.where(true | late, up_for, 0),
            "useful": frozen.useful,
        }
    ).iloc[:-1]


def alarm_table(
    rules: Sequence[AlarmRule], models: Sequence[FrozenModel], judged_from: pd.Timestamp, params: Intervals
) -> pd.DataFrame:
    """A line for each rule and `window`, selection and evaluation: counts, shares with intervals, and `selected`.

    Windows of selection are those whose following ones end before `judged_from`. Of each thing that is watched, the
    rule is selected with the most true alarms minus false ones and missed rises; of equal ones the one that rings
    least, then the strictest. The share of true alarms (`precision`) judges it in other months by what it was selected
    by; the share of useful ones judges it by what nothing was selected by.
    """
    selected_until = judged_from - AHEAD * WINDOW
    known = [part for part in (model.until(selected_until) for model in models) if len(part.losses)]
    lines: list[dict[str, Any]] = []
    for rule in rules:
        rows = pd.concat([alarm_outcomes(rule, model) for model in models], ignore_index=True)
        empty, before = rows.iloc[:0], [alarm_outcomes(rule, part) for part in known]
        windows = {
            SELECTION: pd.concat([empty, *before], ignore_index=True),
            EVALUATION: rows[rows["week_end"] >= judged_from],
        }
        for window, part in windows.items():
            lines.append(rule._asdict() | {"window": window} | _counted(part, params))
    table = pd.DataFrame(lines)
    return table.assign(selected=_selected(table))


def _counted(rows: pd.DataFrame, params: Intervals) -> dict[str, Any]:
    counts = {name: int(rows[name].sum()) for name in COUNTS}
    months, of_rises = len(rows) / MONTH, counts["true_alarms"] + counts["late_alarms"]
    alarming = round(float(rows["alarming"].mean()), 3)
    line: dict[str, Any] = {"windows": len(rows), "share_of_windows_alarming": alarming} | counts
    line["false_alarms_per_month"] = round(counts["false_alarms"] / months, 3) if months else np.nan
    line["delay_weeks"] = round(float(rows["delay_weeks"].sum() / of_rises), 2) if of_rises else np.nan
    begun = rows[rows["alarms"]]
    episodes = alarm_episodes(begun["week_end"])
    line["episodes"] = int(episodes.nunique())
    for name, kind in (("precision", "true_alarms"), ("useful_share", "useful_alarms")):
        line |= alarm_share(name, begun[kind].groupby(episodes).mean().to_numpy(np.float64), params.level)
    return line | {"useful_base_rate": round(float(rows["useful"].mean()), 3)}


def alarm_episodes(ends: pd.Series) -> pd.Series:
    """The episode of each alarm, by the last day of its window: its first alarm's last day.

    Alarms are judged by the four windows after them. Those of which the windows overlap with those of an episode's
    first alarm are of that episode, whichever model they are of: they are judged by the same days.
    """
    first, episodes = pd.Timestamp.min, {}
    for end in sorted(ends.unique()):
        first = end if end >= first + AHEAD * WINDOW else first
        episodes[end] = first
    return ends.map(episodes)


def alarm_share(name: str, shares: np.ndarray, level: float) -> dict[str, float]:
    """Columns of the mean of the shares of episodes (m,), each counting once, with its exact interval.

    Clopper and Pearson, Biometrika 26, 1934, with the number of episodes in place of that of all alarms, as for any
    clustered draws (Korn and Graubard, Survey Methodology 24, 1998).
    """
    if not len(shares):
        return Interval(np.nan).columns(name)
    share, rest = float(shares.mean()), (1 - level) / 2
    yes, no = share * len(shares), (1 - share) * len(shares)
    low = beta.ppf(rest, yes, no + 1) if yes else 0.0
    high = beta.ppf(1 - rest, yes + 1, no) if no else 1.0
    return Interval(share, float(low), float(high)).columns(name, 3)


def _selected(table: pd.DataFrame) -> pd.Series:
    """Whether a line is of the rule that is selected."""
    before = table[table["window"] == SELECTION].copy()
    before["gain"] = before["true_alarms"] - before["false_alarms"] - before["missed_rises"]
    before["fewer"] = -before["alarms"]
    order = before.sort_values(["gain", "fewer", "quantile", "k"], ascending=False, kind="stable")
    best = order.drop_duplicates(["monitor", "test"])
    key = ["monitor", "test", "quantile", "k", "n"]
    return pd.Series(pd.MultiIndex.from_frame(table[key]).isin(pd.MultiIndex.from_frame(best[key])), index=table.index)


def _rings(rule: AlarmRule, readings: Sequence[Reading]) -> np.ndarray:
    """Whether the alarm rings after each window: (windows,) bool."""
    return np.array([alarm_rings(readings[: place + 1], rule.monitor, rule.drift) for place in range(len(readings))])


def _before(flags: np.ndarray) -> np.ndarray:
    """The flag of the window before each: (windows,) bool."""
    return np.concatenate([[False], flags[:-1]])


def _after(flags: np.ndarray) -> np.ndarray:
    """The flag of the window after each: (windows,) bool."""
    return np.concatenate([flags[1:], [False]])


def _up_for(rises: np.ndarray) -> np.ndarray:
    """For how many windows the loss has been up before each: (windows,)."""
    up_for = np.zeros(len(rises), dtype=np.int64)
    for place in range(1, len(rises)):
        up_for[place] = up_for[place - 1] + 1 if rises[place - 1] else 0
    return up_for


def _missed(rings: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Whether a rise begins during which no alarm rings: (windows,) bool."""
    missed = np.zeros(len(rises), dtype=bool)
    for place in np.flatnonzero(rises & ~_before(rises)):
        end = place + int(np.argmin(np.append(rises[place:], False)))
        missed[place] = not rings[place : end + 1].any()
    return missed
