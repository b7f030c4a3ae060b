"""README and docs/ are their templates, filled in from the committed record."""

from pathlib import Path

import pytest
from pages import WRITER
from repositories import REPOSITORY

from ontime import params

PAGES = WRITER.pages()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_in_git_is_its_template_filled_in(page: Path):
    assert (REPOSITORY / page).read_text() == WRITER.filled(page, PAGES[page]), "run: make readme"


def test_readme_begins_with_what_the_leads_found():
    two_hours = WRITER.line(REPOSITORY, "leads/leads", lead="h2")
    first = (REPOSITORY / "README.md").read_text().partition("\n| Before departure")[0]
    assert f"**{100 * two_hours['roc_auc']:.1f} %**" in first


def test_the_policy_of_params_is_the_one_that_the_replay_recommends():
    held = params.load(REPOSITORY / "params.yaml", "policy").rule
    assert WRITER.record(REPOSITORY, "replay/replay")["recommended"] == held
    assert f"**The recommended policy is `{held}`.**" in (REPOSITORY / "docs/loop.md").read_text()


def test_the_page_on_the_audit_explains_every_step():
    steps = WRITER.record(REPOSITORY, "audit/audit")["steps"]
    page = (REPOSITORY / "docs/audit.md").read_text()
    explained = page.partition("## What each step means\n")[2].partition("\nOf all advantages")[0]
    assert explained.count("\n- **") == len(steps) - 2, "the temptations and the two that are taken away share one"
    assert [step["title"] for step in steps if f"| {step['title']} |" not in page] == []


def test_the_audit_ends_with_the_headline_and_begins_with_what_was_published():
    audit = WRITER.record(REPOSITORY, "audit/audit")
    first, *_, last = audit["steps"]
    headline = WRITER.record(REPOSITORY, "evaluate/intervals").interval("backtest_roc_auc")
    assert last.interval("roc_auc")[:3] == headline[:3]
    published = first.interval("roc_auc")
    assert published.low < audit["published"]["roc_auc"] < published.high
