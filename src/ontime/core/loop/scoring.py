"""What really came, and probabilities -> what answers of the replay lost, day by day and in the windows that count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.evaluation.costs import PER, cost, decide
from ontime.core.loop.replay import Run
from ontime.core.loop.replay_data import EVALUATION, SELECTION, TEST
from ontime.core.loop.timeline import Timeline
from ontime.core.monitoring.ledger import ANSWERED, DAY
from ontime.core.statistics.metrics import log_losses, squared_errors
from ontime.params import Costs, Intervals


class Scorer(NamedTuple):
    """What runs are scored by.

    plain: what really came. days: of the replay. judged_from: the first day that nothing was chosen by; from it on
    choices are judged. test_from: the first day of the test window.
    """

    plain: Timeline
    days: Sequence[pd.Timestamp]
    judged_from: pd.Timestamp
    test_from: pd.Timestamp
    costs: Costs
    intervals: Intervals

    @property
    def windows(self) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
        """First and last day of `selection`, where choosing is allowed, of `evaluation`, `test window`, and `all`.

        Where all days are of the evaluation there is no selection; where the test window is all of the evaluation it
        does not stand for itself.
        """
        first, last = self.days[0], self.days[-1]
        since = max(self.judged_from, first)
        spans = {SELECTION: (first, since - DAY), EVALUATION: (since, last)}
        if self.test_from > since:
            spans[TEST] = (self.test_from, last)
        spans["all"] = (first, last)
        return {name: span for name, span in spans.items() if span[0] <= span[1]}

    def losses(self, probability: np.ndarray, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """What these probabilities (n,) for all rows of some days lost: `day` and every metric.

        A line for each row whose outcome was ever known. It is the true one, whatever a scenario made of it.
        """
        rows = self.plain.rows(first, last)
        known = rows["outcome"].notna().to_numpy()
        outcome, probability = rows.loc[known, "outcome"].to_numpy(dtype=bool), probability[known]
        return pd.DataFrame(
            {
                "day": rows.loc[known, "day"].to_numpy(),
                "log_loss": log_losses(probability, outcome),
                "brier": squared_errors(probability, outcome),
                "cost": PER * cost(decide(probability, self.costs), outcome, self.costs),
            }
        )

    def answers(self, run: Run) -> pd.DataFrame:
        """What each answer of a run lost, as `losses`."""
        first, last = self.days[0], self.days[-1]
        return self.losses(run.ledger.predictions(first, last, ANSWERED), first, last)


def rows_between(rows: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The rows of the days from the first to the last, both included."""
    return rows[(rows["day"] >= first) & (rows["day"] <= last)]
