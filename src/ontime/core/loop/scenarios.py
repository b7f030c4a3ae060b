"""Feature rows with their outcomes -> the data's time as a loop would meet it: plain, or with something that fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ontime.core.features.failing_sources import Sample
from ontime.core.monitoring.silence import source_silent
from ontime.dataset.stress import Source

NEVER = pd.Timestamp.max.as_unit("us")
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
MONTH = pd.Timedelta(days=30)  # until the next training, about
LATE = pd.Timedelta(days=7).as_unit("us")
OUTAGE = pd.Timedelta(days=3).as_unit("us")
PLAIN = "none"  # the fault of the scenario in which nothing fails


@dataclass(frozen=True)
class Scenario:
    """What a loop meets. It is as the plain one before the day `differs_from`; its fault is over on the day `until`.

    rows: `id, day, predict_at`, features, `outcome`, `outcome_known_at`, in ascending order of `day`. silent (n,) bool:
    whether the watched source had sent nothing for too long. training_fails_from: for a week from that day on, models
    learn from shuffled outcomes.
    """

    fault: str
    rows: pd.DataFrame
    silent: np.ndarray
    differs_from: pd.Timestamp = NEVER
    until: pd.Timestamp = NEVER
    training_fails_from: pd.Timestamp = NEVER

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last day of the fault."""
        return self.differs_from, self.until - DAY

    def training_fails(self, day: pd.Timestamp) -> bool:
        """Whether a model that is trained on that day learns from shuffled outcomes."""
        return self.training_fails_from <= day < self.training_fails_from + WEEK

    def trains_as_plain(self, day: pd.Timestamp) -> bool:
        """Whether a model that is trained on that day is the one of the plain scenario."""
        return day <= self.differs_from if self.training_fails_from == NEVER else not self.training_fails(day)


def source_down(
    plain: Scenario, since: pd.Timestamp, features: pd.DataFrame, moments: pd.Series, hours: float
) -> Scenario:
    """A source sends nothing for three days, and then everything.

    features: those that the rows predicted in these days then had. moments: when the source's messages came without the
    fault. hours: after so many without a message it counts as silent.
    """
    rows = _with_features(plain.rows, features)
    down = predicted_in_outage(rows["predict_at"], since)
    early = moments[moments < since]
    silent = np.where(down, source_silent(rows["predict_at"], early, hours), plain.silent)
    days = rows.loc[down, "day"]  # local days: the first of them may be the day before `since`
    return Scenario("a source down for three days", rows, silent, days.min(), days.max() + DAY)


def _with_features(rows: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """The rows, some of them with other features than they have."""
    rows = rows.copy()
    place = pd.Index(rows["id"]).get_indexer(pd.Index(features["id"]))
    for name in features.columns.difference(["id", "outcome", "outcome_known_at"]):
        values = rows[name].to_numpy().copy()
        values[place] = features[name].to_numpy()
        rows[name] = pd.Series(values, index=rows.index, dtype=rows[name].dtype)
    return rows


def predicted_in_outage(predict_at: pd.Series, since: pd.Timestamp) -> np.ndarray:
    """Which rows are predicted during the outage that begins at `since`: (n,) bool."""
    return ((predict_at >= since) & (predict_at < since + OUTAGE)).to_numpy()


def features_in_outage(sample: Sample, source: Source, since: pd.Timestamp) -> pd.DataFrame:
    """The features of a sample's rows if nothing had come from a source since a moment, no sign of life either.

    So what is read by absence waits: it is read as of that moment.
    """
    events = {
        stream: frame[frame["moment"] < since] for stream, frame in sample.events.items() if stream in source.streams
    }
    for stream in source.ends:
        frame = events.get(stream, sample.events[stream])
        events[stream] = frame.assign(until=frame["until"].mask(frame["until"] >= since))
    heard = np.array([since.tz_localize(None)], dtype="datetime64[us]")
    return sample.under(events, heard=dict.fromkeys(source.streams, heard))


def outcomes_silent(plain: Scenario, since: pd.Timestamp, features: pd.DataFrame) -> Scenario:
    """The source that says what came of rows sends nothing for three days: outcomes wait until it is back.

    So do outcomes by absence: silence is not news. features: as for `source_down`. No other source is silent.
    """
    known_at, back = plain.rows["outcome_known_at"], since + OUTAGE
    waits = (known_at >= since) & (known_at < back)
    rows = _with_features(plain.rows, features).assign(outcome_known_at=known_at.mask(waits, back))
    days = rows.loc[waits | predicted_in_outage(rows["predict_at"], since), "day"]
    fault = "the source of outcomes silent for three days"
    return Scenario(fault, rows, plain.silent, days.min(), days.max() + DAY)


def late_labels(plain: Scenario, since: pd.Timestamp) -> Scenario:
    """The outcomes of rows of that day and later become known a week later than they did."""
    known_at = plain.rows["outcome_known_at"]
    late = plain.rows["day"] >= since
    rows = plain.rows.assign(outcome_known_at=known_at.where(~late, known_at + LATE))
    return Scenario("labels a week late", rows, plain.silent, since, plain.rows["day"].max() + DAY)


def shuffled_month(plain: Scenario, since: pd.Timestamp, until: pd.Timestamp, seed: int) -> Scenario:
    """Outcomes are shuffled among the rows of the days from `since` to before `until`."""
    rows = plain.rows
    inside = (rows["day"] >= since) & (rows["day"] < until) & rows["outcome"].notna()
    rows = rows.assign(outcome=shuffled(rows["outcome"], np.flatnonzero(inside.to_numpy()), seed))
    return Scenario("a month of shuffled labels", rows, plain.silent, since, until)


def shuffled_training(plain: Scenario, since: pd.Timestamp) -> Scenario:
    """What is trained in the week from `since` on learns from shuffled outcomes."""
    fault = "a model trained on shuffled labels"
    return Scenario(fault, plain.rows, plain.silent, since, since + MONTH, training_fails_from=since)


def shuffled(outcome: pd.Series, places: np.ndarray, seed: int) -> pd.Series:
    """The outcomes (n,) with those at these places in another order."""
    order = np.arange(len(outcome))
    order[places] = np.random.default_rng(seed).permutation(places)
    return outcome.iloc[order].set_axis(outcome.index)
