"""Feature rows with their outcomes -> the year as a loop would live it, plain or with something that goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ontime.core.features.failing_feeds import Sample
from ontime.core.monitoring.silence import silence
from ontime.dataset.stress import Feed

NEVER = pd.Timestamp.max.as_unit("us")
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
MONTH = pd.Timedelta(days=30)  # until the next training, about
LATE = pd.Timedelta(days=7).as_unit("us")
OUTAGE = pd.Timedelta(days=3).as_unit("us")
PLAIN = "nothing"


@dataclass(frozen=True)
class World:
    """What a loop is told. It is the plain year until `differs`; what goes wrong is over on `until`.

    rows: `id, day, predict_at`, features, `outcome`, `outcome_known_at` in ascending order of `day`; silent (n,) bool:
    the watched feed had sent nothing for too long; spoiled: in the week from that day on training is broken.
    """

    fault: str
    rows: pd.DataFrame
    silent: np.ndarray
    differs: pd.Timestamp = NEVER
    until: pd.Timestamp = NEVER
    spoiled: pd.Timestamp = NEVER

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day of what goes wrong."""
        return self.differs, self.until - DAY

    def spoils(self, day: pd.Timestamp) -> bool:
        """Whether what is trained on that day learns from outcomes that were mixed up."""
        return self.spoiled <= day < self.spoiled + WEEK

    def like_plain(self, day: pd.Timestamp) -> bool:
        """Whether what was known, and is learned, when a day began is what it is in the plain year."""
        return day <= self.differs if self.spoiled == NEVER else not self.spoils(day)


def feed_down(plain: World, since: pd.Timestamp, told: pd.DataFrame, moments: pd.Series, hours: float) -> World:
    """A feed sends nothing for three days, and then everything.

    told: features of the rows that were asked in these days, as they were then; moments: of the feed's messages.
    """
    rows = plain.rows.copy()
    place = pd.Index(rows["id"]).get_indexer(pd.Index(told["id"]))
    for name in told.columns.difference(["id", "outcome", "outcome_known_at"]):
        values = rows[name].to_numpy().copy()
        values[place] = told[name].to_numpy()
        rows[name] = pd.Series(values, index=rows.index, dtype=rows[name].dtype)
    down = asked_in(rows["predict_at"], since)
    early = moments[moments < since]
    silent = np.where(down, silence(rows["predict_at"], early, hours), plain.silent)
    asked = rows.loc[down, "day"]  # by the clock at home the first of them may be of the day before
    return World("a feed down for three days", rows, silent, asked.min(), asked.max() + DAY)


def asked_in(predict_at: pd.Series, since: pd.Timestamp) -> np.ndarray:
    """Which moments (n,) are within the outage: (n,) bool."""
    return ((predict_at >= since) & (predict_at < since + OUTAGE)).to_numpy()


def without(sample: Sample, feed: Feed, since: pd.Timestamp) -> pd.DataFrame:
    """The features of a sample's rows if nothing had come of a feed from a moment on."""
    events = {
        stream: frame[frame["moment"] < since] for stream, frame in sample.events.items() if stream in feed.streams
    }
    for stream in feed.ends:
        frame = events.get(stream, sample.events[stream])
        events[stream] = frame.assign(until=frame["until"].mask(frame["until"] >= since))
    return sample.under(events)


def late_labels(plain: World, since: pd.Timestamp) -> World:
    """Outcomes come a week late, of the rows of that day and later."""
    known = plain.rows["outcome_known_at"]
    late = plain.rows["day"] >= since
    rows = plain.rows.assign(outcome_known_at=known.where(~late, known + LATE))
    return World("labels a week late", rows, plain.silent, since, plain.rows["day"].max() + DAY)


def corrupted(plain: World, since: pd.Timestamp, until: pd.Timestamp, seed: int) -> World:
    """Each row of the days from `since` to before `until` is told the outcome of another one of them."""
    rows = plain.rows
    hit = np.flatnonzero(((rows["day"] >= since) & (rows["day"] < until) & rows["outcome"].notna()).to_numpy())
    rows = rows.assign(outcome=mixed(rows["outcome"], hit, seed))
    return World("a corrupted month", rows, plain.silent, since, until)


def bad_challenger(plain: World, since: pd.Timestamp) -> World:
    """What is trained in a week learns from outcomes that were mixed up."""
    return World("a bad challenger", plain.rows, plain.silent, since, since + MONTH, spoiled=since)


def mixed(outcome: pd.Series, places: np.ndarray, seed: int) -> pd.Series:
    """The outcomes at these places in another order."""
    order = np.arange(len(outcome))
    order[places] = np.random.default_rng(seed).permutation(places)
    return outcome.iloc[order].set_axis(outcome.index)
