"""Nothing -> depots and six months of parcels, drawn with a fixed seed."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ontime.dataset.contract import Part

DEPOTS = pd.DataFrame({"depot": ["NORTH", "SOUTH"], "city": ["Oslo", "Rome"]})
MONTHS = pd.period_range("2020-01", "2020-06", freq="M")
PER_MONTH = 400


def read(release: str, until: str) -> Iterator[Part]:
    """The tables, release by release from another seed, up to and with the month `until`."""
    yield Part("depots", None, DEPOTS)
    for month in MONTHS[pd.Period(until) >= MONTHS]:
        yield Part("parcels", str(month), _parcels(month, np.random.default_rng([int(release), month.ordinal])))


def _parcels(month: pd.Period, random: np.random.Generator) -> pd.DataFrame:
    minutes = np.sort(random.choice(month.days_in_month * 24 * 60, PER_MONTH, replace=False))
    promised = pd.Series(month.start_time.as_unit("us") + pd.to_timedelta(minutes, unit="min"))
    late = pd.to_timedelta(random.exponential(np.where(promised.dt.hour < 12, 10, 30)).round(), unit="min")
    left = (promised - pd.Timedelta(hours=3) + late).mask(random.random(PER_MONTH) < 0.02)
    frame = pd.DataFrame(
        {"number": pd.array(range(PER_MONTH), dtype="Int64"), "depot": random.choice(DEPOTS["depot"], PER_MONTH)}
    )
    frame = frame.assign(promised=promised, left=left, delivered=left + pd.Timedelta(hours=2, minutes=50))
    clocks = ["promised", "left", "delivered"]
    return frame.assign(**{name: frame[name].dt.tz_localize("UTC").dt.as_unit("us") for name in clocks})
