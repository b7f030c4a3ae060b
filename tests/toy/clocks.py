"""When what is known of a parcel becomes known."""

from ontime.dataset.clocks import ordered_clocks

FACT, PLANNED, LEFT, DELIVERED = ordered_clocks(
    {"fact": "always", "planned": "when it is promised", "left": "at its depot", "delivered": "at its address"},
    last_beforehand="planned",
)
