"""Where a model of parcels is asked how good it is."""

from ontime.dataset.slices import Slice

SLICES = (
    Slice("depot", "depot"),
    Slice("hour", "hour", (6, 12, 18), ("night", "morning", "afternoon", "evening")),
    Slice("road", "left_depot_24h_late", (), ("parcels left",), "none left"),
)
