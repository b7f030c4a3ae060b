"""The numbers of README and docs/ are those of the committed record."""

import re

import pandas as pd
import pytest
from pages import WRITER
from repositories import REPOSITORY

from ontime import params

metrics, written = WRITER.metrics, WRITER.written
README, MISTAKES, AUDIT = (
    (REPOSITORY / name).read_text() for name in ("README.md", "docs/mistakes.md", "docs/audit.md")
)


@pytest.mark.parametrize("page", WRITER.PAGES)
def test_the_numbers_of_a_page_are_those_of_the_metrics(page: str):
    text = (REPOSITORY / page).read_text()
    assert WRITER.rewritten(text, WRITER.PAGES[page]()) == (text, []), "run: make readme"


def test_what_readme_says_first_is_what_evaluate_found():
    found, record = written(README), metrics("evaluate/intervals")
    assert found["roc_auc"] == f"{100 * record['roc_auc']['value']:.1f} %"
    assert found["backtest_roc_auc_interval"].startswith(f"{100 * record['backtest_roc_auc']['low']:.1f} to ")
    assert f"{metrics('validate/metrics')['rows']['flights']:,} flights" in README
    assert written(MISTAKES)["laws"] == str(len(pd.read_csv(REPOSITORY / "metrics/stress/laws.csv")))


def test_the_policy_of_params_is_the_one_that_the_replay_recommends():
    held = params.load(REPOSITORY / "params.yaml", "policy").rule
    assert metrics("replay/replay")["recommended"] == held
    assert written((REPOSITORY / "docs/loop.md").read_text())["recommended"] == held


def test_the_page_on_the_audit_tells_its_steps_in_order():
    steps = metrics("audit/audit")["steps"]
    told = re.findall(r"^\| ([^|]+) \| <!-- (\w+) -->.*?(, not paired)? \|$", AUDIT, re.MULTILINE)
    said = [(step["title"], step["name"], "" if step.get("paired", True) else ", not paired") for step in steps]
    assert told == said
    gaps = {step["name"]: step["difference"]["value"] for step in steps if step["kind"] == "leak"}
    assert min(gaps, key=lambda name: gaps[name]) == "random_split", "the page says that it costs most"


def test_the_audit_ends_with_the_headline_and_begins_with_what_was_published():
    first, *_, last = metrics("audit/audit")["steps"]
    assert last["roc_auc"] == metrics("evaluate/intervals")["backtest_roc_auc"]
    assert first["roc_auc"]["low"] < metrics("audit/audit")["published"]["roc_auc"] < first["roc_auc"]["high"]
