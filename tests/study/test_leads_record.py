"""The leads of the committed record: how early, and what feature groups are worth."""

import json

import pandas as pd
from repositories import REPOSITORY
from ruamel.yaml import YAML

from ontime.core.evaluation.leads import how_early_sentence
from ontime.flights import FLIGHTS

SECTIONS = YAML(typ="safe").load((REPOSITORY / "params.yaml").read_text())
METRICS = REPOSITORY / "metrics"


def record(name: str) -> dict:
    return json.loads((METRICS / f"lead/{name}.json").read_text())


def test_that_lead_has_the_numbers_of_the_headline_to_the_last_digit():
    hours = SECTIONS["features"]["lead_hours"]
    names = [name for name, lead_hours in SECTIONS["lead"]["leads"].items() if lead_hours == hours]
    headline = json.loads((METRICS / "evaluate/intervals.json").read_text())
    trees = pd.read_csv(METRICS / "backtest/months.csv").set_index("month")["trees"].to_dict()
    assert names
    for name in names:
        lead = record(name)
        assert lead["roc_auc"] == headline["backtest_roc_auc"]
        assert lead["log_loss"] == headline["backtest_log_loss"]
        assert lead["trees"] == trees


def test_the_shortest_lead_comes_first_and_the_others_are_held_against_it():
    leads = pd.read_csv(METRICS / "leads/leads.csv")
    assert leads.set_index("lead")["hours"].to_dict() == SECTIONS["lead"]["leads"]
    assert leads["hours"].is_monotonic_increasing
    assert (leads.filter(regex="_minus_shortest(_low|_high)?$").iloc[0] == 0).all()
    assert (leads["rows"] == leads["rows"].iloc[0]).all()
    for metric in ("log_loss", "roc_auc"):
        gap = leads[f"{metric}_minus_shortest"] - (leads[metric] - leads[metric].iloc[0])
        assert gap.abs().max() < 0.0002, "a row holds means of months, and nothing else"
    gap = leads["roc_auc_minus_climatology"] - (leads["roc_auc"] - leads["climatology_roc_auc"])
    assert gap.abs().max() < 0.0002
    sentence = how_early_sentence(leads, SECTIONS["intervals"]["level"])
    assert json.loads((METRICS / "leads/leads.json").read_text()) == {"how_early": sentence}


def test_every_number_of_a_lead_stands_in_its_interval_beside_what_that_is_about():
    for name in SECTIONS["lead"]["leads"]:
        lead = record(name)
        for metric in ("roc_auc", "log_loss", "brier", "brier_skill", "climatology_roc_auc"):
            assert lead[metric]["low"] < lead[metric]["value"] < lead[metric]["high"], (name, metric)
            assert lead[metric]["about"] == "other months", (name, metric)


def test_earlier_is_harder_and_never_too_good_to_be_true():
    leads = pd.read_csv(METRICS / "leads/leads.csv")
    assert (leads["log_loss_minus_shortest_low"].iloc[1:] > 0).all()
    assert leads["roc_auc"].max() < 0.82, "look for the leak first"


def test_every_group_is_priced_where_params_say():
    ablation = pd.read_csv(METRICS / "leads/ablation.csv")
    priced = {lead: lines["group"].tolist() for lead, lines in ablation.groupby("lead", sort=False)}
    assert list(priced) == SECTIONS["lead"]["ablation_at"]
    assert all(sorted(groups) == sorted(FLIGHTS.features.ablation) for groups in priced.values())
    assert all(lines["log_loss_difference"].is_monotonic_decreasing for _, lines in ablation.groupby("lead"))
    months = len(pd.read_csv(METRICS / "backtest/months.csv"))
    assert set(ablation["months"]) == {-(-months // SECTIONS["lead"]["ablation_every"])}


def test_the_pictures_are_small():
    for name in ("leads.png", "ablation.png"):
        assert 10_000 < (METRICS / "leads" / name).stat().st_size < 100_000
