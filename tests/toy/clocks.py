"""When what is known of a parcel becomes known."""

from ontime.dataset.clocks import ordered

FACT, PLANNED, LEFT, DELIVERED = ordered(
    {"fact": "always", "planned": "when it is promised", "left": "at its depot", "delivered": "at its address"},
    last_beforehand="planned",
)
