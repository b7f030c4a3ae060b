"""How a figure on parcels came about that nobody published."""

from ontime.dataset.protocol import Protocol, Step


def _rows(_, features):
    return features.assign(minute=features["starts_at"].dt.minute.astype("float64"))


BEFORE, COLUMNS = "random before the test window", ("depot", "hour", "minute")
FIRST = Step("all", "as it was", "A random quarter.", "scope", "outcome", BEFORE, COLUMNS)
LATER = Step("later", "later months", "What was known.", "leak", "outcome", "later", COLUMNS[:2])
WANTED = ("id", "starts_at", "day", "depot", "hour", "outcome", "outcome_known_at")
PROTOCOL = Protocol("nowhere", 0.6, 2000, 654, "2020-06", 0.25, (), WANTED, _rows, (FIRST, LATER))
