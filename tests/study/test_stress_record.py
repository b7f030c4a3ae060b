"""Laws and costs of the committed record."""

import json

import pandas as pd
import pytest
from repositories import REPOSITORY


def test_every_law_of_the_record_holds_or_has_a_reason():
    table = pd.read_csv(REPOSITORY / "metrics/stress/laws.csv", keep_default_na=False)
    assert set(table["result"]) <= {"holds", "known"}
    assert (table.loc[table["result"] == "known", "reason"] != "").all()
    assert len(table) > 30


def test_every_cost_of_the_record_stands_in_its_interval():
    table = pd.read_csv(REPOSITORY / "metrics/stress/stress.csv")
    cost = json.loads((REPOSITORY / "metrics/stress/stress.json").read_text())
    silent = table[(table["kind"] == "missing") & (table["what"] == cost["source"])].iloc[0]
    assert [silent[f"log_loss_difference_{end}"] for end in ("low", "high")] == pytest.approx(
        [cost["cost"][end] for end in ("low", "high")], abs=1e-5
    )
    for metric in ("log_loss", "roc_auc"):
        name = f"{metric}_difference"
        assert table[name].between(table[f"{name}_low"], table[f"{name}_high"]).all()
        assert set(table[f"{name}_about"]) == {"other months"}
