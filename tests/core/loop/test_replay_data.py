"""What runs of a replay share."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from ontime.core.loop.replay_data import ReplayData


def test_answers_of_before_have_the_outcomes_that_were_known_when_the_day_began():
    days = pd.to_datetime(["2013-03-29", "2013-03-31", "2013-04-02"])
    known_at = pd.to_datetime(["2013-03-30", "2013-04-02", "2013-04-03"]).tz_localize("UTC")
    rows = pd.DataFrame({"id": list("abc"), "day": days, "outcome": True, "outcome_known_at": known_at})
    setting: Any = SimpleNamespace(lead_hours=2.0)
    split: Any = None
    data = ReplayData(setting, split, rows, ["2013-04"], [], pd.Timestamp("2013-04-01"))
    answers = data.answers_before(pd.Timestamp("2013-04-01"), rows[["id", "day", "outcome"]].assign(probability=0.5))
    assert answers["id"].tolist() == ["a", "b"]
    assert answers["outcome"].isna().tolist() == [False, True]
