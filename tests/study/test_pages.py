"""README and docs/ are their templates, filled in from the committed record."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pages import WRITER
from repositories import REPOSITORY

from ontime import params

PAGES = WRITER.pages()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_in_git_is_its_template_filled_in(page: Path):
    assert (REPOSITORY / page).read_text() == WRITER.filled(page, PAGES[page]), "run: make readme"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The templates with a record that may be changed."""
    shutil.copytree(REPOSITORY / "docs/templates", tmp_path / "docs/templates")
    shutil.copytree(REPOSITORY / "metrics", tmp_path / "metrics", ignore=shutil.ignore_patterns("*.png"))
    for name in ("params.yaml", "docs/sweep.csv", "docs/latency.json", "docs/batches.json"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("confirmed", [0, 1, 2])
def test_the_page_on_mistakes_tells_as_many_segments_as_were_confirmed(confirmed: int, root: Path):
    path = root / "metrics/slices/segments.csv"
    segments = pd.read_csv(path)
    segments.assign(confirmed=[place < confirmed for place in range(len(segments))]).to_csv(path, index=False)
    page = WRITER.filled(Path("docs/mistakes.md"), "mistakes.md.j2", root)
    assert page.count("in even weeks the model said") == " ".join(page.split()).count(", a gap of ") == confirmed


def test_verdicts_of_a_page_turn_with_the_numbers(root: Path):
    path = root / "metrics/evaluate/baselines.json"
    baselines = json.loads(path.read_text())
    for name, gap in zip(("climatology", "last_day", "logistic"), (0.02, 0.0, -0.02), strict=True):
        bounds = {"value": gap, "low": gap - 0.01, "high": gap + 0.01}
        baselines["backtest"][name]["log_loss"]["difference"] = bounds
    path.write_text(json.dumps(baselines))
    rows = re.findall(r"^\| .* \| [+-]0\.0[02]0 \(.*?\) \| ([a-z ]+) \|", page_on_results(root), re.MULTILINE)
    assert rows == ["worse", "no difference shown", "better"]


def page_on_results(root: Path) -> str:
    return WRITER.filled(Path("docs/results.md"), "results.md.j2", root)


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
