"""The contract of depots and parcels."""

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import column
from ontime.dataset.contract import DerivedColumn, Measure, Rule, Table
from toy.clocks import DELIVERED, FACT, LEFT, PLANNED

UTC = "datetime64[us, UTC]"
DAY = "datetime64[us]"


def _dates(promised: np.ndarray) -> np.ndarray:
    return promised.astype("datetime64[D]").astype(DAY)


def _ids(day: np.ndarray, number: np.ndarray) -> np.ndarray:
    parts = zip(day.astype("datetime64[D]").astype(str), number, np.isnat(day) | np.isnan(number), strict=True)
    return np.array([None if lacks else f"{date}/{place:.0f}" for date, place, lacks in parts], dtype=object)


def _names(depots: pd.DataFrame) -> frozenset[str]:
    return frozenset(depots["depot"])


def _known(depot: np.ndarray, names: frozenset[str]) -> np.ndarray:
    return np.array([name in names for name in depot], dtype=bool)


DEPOTS = Table(
    name="depots",
    about="Where parcels come from.",
    key=("depot",),
    schema=pa.DataFrameSchema({name: column("str", clock=FACT, reason=f"its {name}") for name in ("depot", "city")}),
)

SHARE_NORTH = Measure(
    name="share_north",
    columns=("depot",),
    value=lambda parcels: float((parcels["depot"] == "NORTH").mean()),
    warn=(0.3, 0.7),
    stop=(0.1, 0.9),
    unit="share from NORTH",
    reason="two equal depots",
    remedy="ask NORTH",
)

PARCELS = Table(
    name="parcels",
    about="Parcels and when they came.",
    key=("id",),
    monthly=True,
    derived=(DerivedColumn("day", ("promised",), _dates), DerivedColumn("id", ("day", "number"), _ids)),
    schema=pa.DataFrameSchema(
        {
            "number": column("Int64", pa.Check.ge(0), pa.Check.le(10**6), clock=PLANNED, reason="number in the month"),
            "depot": column("str", clock=PLANNED, bins="values", reason="its depot"),
            "promised": column(UTC, clock=PLANNED, reason="when it was promised for"),
            "left": column(UTC, clock=LEFT, nullable=True, missing=(0.05, 0.2), reason="left the depot"),
            "delivered": column(UTC, clock=DELIVERED, nullable=True, reason="reached its address"),
        }
    ),
    added={"day": column(DAY, clock=PLANNED, reason="its date"), "id": column("str", clock=PLANNED, reason="its id")},
    rules=(
        Rule("left_first", ("left", "delivered"), lambda one, other: ~(other < one), "time runs", "look at both"),
        Rule("depot_known", ("depot",), _known, "in depots", "add it", ("depots",), _names),
    ),
    measures=(SHARE_NORTH,),
)

TABLES = (DEPOTS, PARCELS)
