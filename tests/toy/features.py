"""What is known of parcels an hour before they are promised."""

import pandas as pd

from ontime.dataset.features import Feature, FeatureSet, Open, Stream, Value, Window
from toy.clocks import LEFT, PLANNED

LATE = pd.Timedelta(minutes=10)


def rows(tables: dict[str, pd.DataFrame], lead_hours: float) -> pd.DataFrame:
    """A row for each parcel; late is one that is not delivered ten minutes after it was promised."""
    parcels = tables["parcels"]
    decided = parcels["promised"] + LATE
    late = ~(parcels["delivered"] <= decided)
    return parcels[["id", "day", "depot"]].assign(
        starts_at=parcels["promised"],
        predict_at=parcels["promised"] - pd.Timedelta(hours=lead_hours).as_unit("us"),
        hour=parcels["promised"].dt.hour.astype("int32"),
        outcome=late.astype("boolean").mask(parcels["lost_from"].notna()),
        outcome_known_at=parcels["delivered"].where(~late, decided).mask(parcels["lost_from"].notna()),
    )


def events(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Parcels that left their depots."""
    left = tables["parcels"].dropna(subset="left")
    late = (left["promised"] - left["left"] < pd.Timedelta(hours=2, minutes=40)).astype("int64")
    return {"left": left[["id", "depot"]].assign(moment=left["left"], until=left["delivered"], late=late)}


FEATURES = FeatureSet(
    tables=("parcels",),
    rows=rows,
    events=events,
    own=(
        Feature("depot", "its depot", "", PLANNED, "parcels", "plan", dtype="str"),
        Feature("hour", "hour promised for", "hour", PLANNED, "parcels", "plan", dtype="int32"),
    ),
    streams={"left": Stream("parcels", "parcels", LEFT, {"late": Value("share of {} that left late", "")})},
    groups={"road": (Window("left", ("depot",), 24, means=("late",)), Open("left", ("depot",), 12))},
    outcome="is delivered later than ten minutes after it was promised",
    climate={"depot": None, "hour": 6},
    ablation={"plan": ("plan",), "road": ("road",)},
)
