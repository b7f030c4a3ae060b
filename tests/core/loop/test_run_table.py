"""What answers of runs are scored to have lost, and which changes of champion were harmful: on runs made by hand."""

import pandas as pd
import pytest
from replays import loss, run, scorer

from ontime.core.loop.run_table import run_table
from ontime.core.loop.scenarios import PLAIN
from ontime.core.statistics.intervals import THESE_MONTHS


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    runs = {
        "never": run("never", ["bad"] * 120),
        "monthly": run("monthly", ["bad"] * 30 + ["good"] * 90),
        "monthly, broken": run("monthly", ["bad"] * 30 + ["good"] * 40 + ["bad"] * 50, "broken"),
    }
    return run_table(runs, scorer()).set_index(["policy", "fault", "window", "baseline"])


def test_a_change_is_harmful_where_the_champion_before_would_have_lost_less(table: pd.DataFrame):
    plain = table.loc[("monthly", PLAIN, "all", "never"), ["champion_changes", "harmful_champion_changes"]]
    assert plain.tolist() == [1, 0]
    broken = table.loc[("monthly", "broken", "evaluation", "monthly"), ["champion_changes", "harmful_champion_changes"]]
    assert broken.tolist() == [1, 1]


def test_losses_are_those_of_what_was_answered_and_differences_are_to_the_baseline(table: pd.DataFrame):
    gap = loss("bad") - loss("good")
    judged, difference = table.xs("evaluation", level="window"), "log_loss_minus_baseline"
    assert judged.loc[("monthly", PLAIN, "never"), "log_loss"] == pytest.approx(loss("good"), abs=1e-5)
    assert judged.loc[("monthly", PLAIN, "never"), difference] == pytest.approx(-gap, abs=1e-5)
    assert judged.loc[("never", PLAIN, "monthly"), difference] == pytest.approx(gap, abs=1e-5)
    share = 50 / 60
    assert judged.loc[("monthly", "broken", "monthly"), difference] == pytest.approx(share * gap, abs=1e-5)
    assert set(judged.xs("broken", level="fault").index) == {("monthly", "monthly")}
    fault = table.loc[("monthly", "broken", "fault", "monthly"), difference]
    assert fault == pytest.approx(20 / 30 * gap, abs=1e-5)
    tested = table.loc[("monthly", PLAIN, "test window", "never")]
    assert tested[difference] == pytest.approx(-gap, abs=1e-5)
    assert tested[f"{difference}_about"] == THESE_MONTHS
    chosen = table.loc[("monthly", PLAIN, "selection", "never"), difference]
    assert chosen == pytest.approx(-gap / 2, abs=1e-5)
