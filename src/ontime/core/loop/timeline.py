"""A scenario -> the rows that fall due by day, and what had come in by the time each day began."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.loop.scenarios import Scenario
from ontime.core.loop.state import Intake
from ontime.core.model.split import day_start
from ontime.core.monitoring.ledger import DAY


class Timeline:
    """A scenario by day."""

    def __init__(self, scenario: Scenario, lead_hours: float) -> None:
        self.scenario, self.lead_hours = scenario, lead_hours
        self._day = scenario.rows["day"].to_numpy()
        outcomes = scenario.rows.loc[scenario.rows["outcome"].notna(), ["id", "outcome", "outcome_known_at"]]
        self._outcomes = outcomes.sort_values("outcome_known_at", kind="stable")

    def rows(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """The rows of the days from the first to the last, both included."""
        return self.scenario.rows.iloc[self._places(first, last)]

    def silent(self, day: pd.Timestamp) -> np.ndarray:
        """Whether the watched source is silent when the rows of a day are predicted: (n,) bool."""
        return self.scenario.silent[self._places(day, day)]

    def intake(self, day: pd.Timestamp) -> Intake:
        """The outcomes that became known between the beginning of the day before and that of a day."""
        moments = [day_start(moment, self.lead_hours) for moment in (day - DAY, day)]
        span = slice(*self._outcomes["outcome_known_at"].searchsorted(moments, side="right"))
        known = self._outcomes.iloc[span]
        return Intake(known["id"].to_numpy(), known["outcome"].to_numpy(dtype=np.int8))

    def _places(self, first: pd.Timestamp, last: pd.Timestamp) -> slice:
        return slice(*np.searchsorted(self._day, [first.to_datetime64(), (last + DAY).to_datetime64()]))
