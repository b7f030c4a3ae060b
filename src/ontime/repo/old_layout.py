"""Names of today -> the names in earlier commits, of those files and params that a verb reads there.

Up to commit c05dc66 the files of all stages lay side by side in metrics/; since then each stage has a folder there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATHS = {
    "metrics/evaluate/intervals.json": "metrics/intervals.json",
    "metrics/evaluate/metrics.json": "metrics/evaluate.json",
    "metrics/slices/metrics.json": "metrics/slices.json",
    "metrics/validate/metrics.json": "metrics/validate.json",
}
PARAMS = {
    "lead.ablation_at": "lead.worth_at",
    "lead.ablation_every": "lead.worth_every",
    "policy.source": "policy.feed",
}
TODAY = {before: now for names in (PATHS, PARAMS) for now, before in names.items()}

Change = Mapping[str, Any]


def renamed(changes: Mapping[str, Mapping[str, Change]]) -> dict[str, dict[str, Change]]:
    """Changes as `dvc metrics diff --json` and `dvc params diff --json` tell them, under the names of today.

    What one revision has by its older name and the other by that of today is one change; none, where it is equal.
    """
    files: dict[str, dict[str, Change]] = {}
    for file, values in changes.items():
        joined = files.setdefault(TODAY.get(file, file), {})
        for name, change in values.items():
            today = TODAY.get(name, name)
            joined[today] = _joined(joined[today], change) if today in joined else change
    kept = {
        file: {name: change for name, change in joined.items() if _differs(change)} for file, joined in files.items()
    }
    return {file: joined for file, joined in kept.items() if joined}


def _differs(change: Change) -> bool:
    return change["old"] != change["new"]


def _joined(one: Change, other: Change) -> Change:
    """The two halves of a change: each has what the other lacks."""
    old, new = (one[side] if one[side] is not None else other[side] for side in ("old", "new"))
    numbers = all(isinstance(value, int | float) for value in (old, new))
    return {"old": old, "new": new} | ({"diff": new - old} if numbers else {})
