"""What the report reads of the other stages, by the names that `Files` has for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ontime.core.report.blocks import Block, Text
from ontime.dataset.story import Story
from ontime.params import Costs, Features, Fetch, Intervals, Slices

RECORDS = ("audit", "baselines", "intervals", "lead_record", "replay", "slices_record", "stress", "validate")
TABLES = (
    "alarms",
    "replay_table",
    *("backtest_months", "conformal", "costs", "laws", "lead_table", "slices", "slices_errors", "slices_search"),
    *("stress_months", "stress_table", "worth_table"),
)
PICTURES = (
    "alarms_picture",
    "replay_picture",
    *("audit_picture", "costs_picture", "evaluate_picture", "lead_picture", "slices_picture", "stress_picture"),
    "worth_picture",
)


@dataclass(frozen=True)
class Results:
    """Everything that is told: records, tables and pictures (PNG) by name, the model's signature, the params shown."""

    story: Story
    signature: Mapping[str, Any]
    records: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    pictures: Mapping[str, bytes]
    fetch: Fetch
    features: Features
    intervals: Intervals
    slices: Slices
    costs: Costs

    def remarks(self, section: str) -> list[Block]:
        """What the dataset has to say in a section."""
        return [Text(remark) for remark in self.story.remarks.get(section, ())]
