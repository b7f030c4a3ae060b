"""A policy to start from."""

from ontime.params import Policy


def policy(**others: object) -> Policy:
    given = {
        "rule": "gated",
        "margin": 0.002,
        "level": 0.9,
        "shadow_days": 14,
        "max_days": 28,
        "watch_days": 14,
        "min_days": 14,
        "source": "departures",
        "silent_hours": 6.0,
    }
    return Policy(**{**given, **others})  # type: ignore[arg-type]
