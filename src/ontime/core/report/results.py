"""All that the report reads of the other stages; tables and pictures by the names that `Files` has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ontime.core.model.signature import TrainedSignature
from ontime.core.report.blocks import Block, Text
from ontime.core.report.records import Records
from ontime.dataset.story import Story
from ontime.params import Costs, Features, Fetch, Intervals, Slices

TABLES = (
    "ablation_table",
    "alarm_rules",
    "backtest_months",
    "conformal",
    "costs",
    "evaluate_gaps",
    "laws",
    "leads_table",
    "replay_table",
    "slices_bands",
    "slices_mistakes",
    "slices_segments",
    "stress_months",
    "stress_table",
)
PICTURES = (
    "ablation_picture",
    "alarms_picture",
    "audit_picture",
    "costs_picture",
    "evaluate_picture",
    "leads_picture",
    "replay_picture",
    "slices_picture",
    "stress_picture",
)


@dataclass(frozen=True)
class Results:
    """Everything that is shown: records, tables, pictures (PNG), the model's signature, and the params that are named.

    story: what the dataset says of itself in its own words.
    """

    story: Story
    signature: TrainedSignature
    records: Records
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
