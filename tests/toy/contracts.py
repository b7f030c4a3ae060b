"""The contract of depots and parcels."""

import pandas as pd
import pandera.pandas as pa

from ontime.core.contract.columns import column
from ontime.dataset.contract import Measure, Rule, Table
from toy.clocks import DELIVERED, FACT, LEFT, PLANNED

UTC = "datetime64[us, UTC]"
DAY = "datetime64[us]"


def _derive(parcels: pd.DataFrame) -> pd.DataFrame:
    day = parcels["promised"].dt.tz_localize(None).dt.normalize()
    number = parcels["number"].astype("str")
    return parcels.assign(day=day, id=day.dt.strftime("%Y-%m-%d").str.cat(number, sep="/"))


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
    derive=_derive,
    schema=pa.DataFrameSchema(
        {
            "number": column("Int64", pa.Check.ge(0), clock=PLANNED, reason="number in the month"),
            "depot": column("str", clock=PLANNED, bins="values", reason="its depot"),
            "promised": column(UTC, clock=PLANNED, reason="when it was promised for"),
            "left": column(UTC, clock=LEFT, nullable=True, missing=(0.05, 0.2), reason="left the depot"),
            "delivered": column(UTC, clock=DELIVERED, nullable=True, reason="reached its address"),
        }
    ),
    added={"day": column(DAY, clock=PLANNED, reason="its date"), "id": column("str", clock=PLANNED, reason="its id")},
    rules=(
        Rule("left_first", ("left", "delivered"), lambda p: ~(p["delivered"] < p["left"]), "time runs", "look at both"),
        Rule("depot_known", ("depot",), lambda p, d: p["depot"].isin(d["depot"]), "in depots", "add it", ("depots",)),
    ),
    measures=(SHARE_NORTH,),
)

TABLES = (DEPOTS, PARCELS)
