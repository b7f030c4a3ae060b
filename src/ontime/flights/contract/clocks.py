"""When what is known of a flight becomes known, from the earliest clock to the latest."""

from ontime.dataset.clocks import ordered_clocks

REFERENCE, SCHEDULE, OBSERVED, DEPARTURE, ARRIVAL = CLOCKS = ordered_clocks(
    {
        "reference": "always: facts of the calendar and the map",
        "schedule": "when the schedule is published, long before",
        "observed": "when the observed hour is over",
        "departure": "at the actual departure",
        "arrival": "at the actual arrival",
    },
    last_beforehand="schedule",
)
