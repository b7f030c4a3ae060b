"""Every passage of every template is said where it belongs, on one line, of what it is given and of nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from jinja2 import UndefinedError
from repositories import REPOSITORY

from ontime.core.evaluation.conformal import Calibration
from ontime.core.model.climatology import Climatology
from ontime.core.model.model import Inputs, Model
from ontime.core.model.signature import TrainedSignature
from ontime.core.report.blocks import Picture, Points, TableBlock, Text
from ontime.core.report.bundle_card import BundleResults, bundle_card
from ontime.core.report.card import model_card
from ontime.core.report.page import SECTIONS, report_page
from ontime.core.report.prose import Prose, templates
from ontime.core.report.records import (
    AuditRecord,
    AuditStep,
    BaselineComparison,
    BaselinesRecord,
    HeadlineRecord,
    LeadsRecord,
    PolicyVerdict,
    PublishedFigure,
    Records,
    ReplayRecord,
    SlicesRecord,
    StressRecord,
    ValidateRecord,
)
from ontime.core.report.results import PICTURES, Results
from ontime.core.serving.bundle import Bundle
from ontime.core.statistics.intervals import OTHER_MONTHS, Interval
from ontime.dataset.story import Story
from ontime.params import Costs, Features, Fetch, Intervals, Slices

NUMBER = Interval(0.25, 0.2, 0.3, OTHER_MONTHS)
HEADLINE = (
    "roc_auc",
    "log_loss",
    "brier",
    "brier_skill",
    "average_precision",
    "ece",
    "backtest_roc_auc",
    "backtest_log_loss",
)
STORY = Story(
    rows="parcels & <letters>",
    intended=("To plan.",),
    not_intended=("To punish.",),
    harms=("Somebody waits.",),
    unknown=("Why.",),
    licence="CC0, by nobody",
)
BAND = {"slice": "depot", "band": "north"}
FAULTS = ({"fault": "none", "baseline": "never"}, {"fault": "silent", "baseline": "none"})


def intervals_of(*names: str) -> dict[str, object]:
    """Columns for NUMBER."""
    columns = dict(zip(("", "_low", "_high", "_about"), NUMBER, strict=True))
    return {f"{name}{end}": value for name in names for end, value in columns.items()}


def lines(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def tables(*, empty: bool) -> dict[str, pd.DataFrame]:
    """A line or two each; without what a run may lack, if empty."""
    band = {**BAND, "rows": 5000, **intervals_of("rate", "roc_auc", "calibration_gap")}
    segment = {**BAND, "other_slice": "day", "other_band": "Monday", "probability": 0.4, **band, "confirmed": not empty}
    conformal = {"kind": "by class", "month": "all", "outcome": "true", **intervals_of("coverage", "both")}
    replayed = {"policy": "monthly", "window": "evaluation", "retrainings": 3, "champion_changes": 2}
    replayed |= {"harmful_champion_changes": 1, **intervals_of("log_loss_minus_baseline", "cost_minus_baseline")}
    rule = {"monitor": "drift", "test": "psi", "quantile": 0.95, "k": 2, "n": 3, "window": "evaluation", "alarms": 4}
    rule |= {"episodes": 2}
    rule |= {"missed_rises": 1, "false_alarms_per_month": 0.1, "useful_base_rate": 0.5, "selected": True}
    lead = {"hours": 0.75, "log_loss_minus_shortest": 0.0}
    lead |= intervals_of("roc_auc", "climatology_roc_auc", "brier_skill", "log_loss_minus_shortest")
    disturbed = {"what": "scans", "kind": "stale", "level": 3.0, "rows": 9000, **intervals_of("log_loss_difference")}
    month = {"month": "2020-04", "rows": 5000, "rate": 0.25, **intervals_of("roc_auc", "log_loss")}
    gap = {"window": "backtest", "month": "all", "rows": 5000, "probability": 0.5, "rate": 0.25}
    gap |= intervals_of("calibration_gap")
    ablation = lines({"hours": 2.0, "group": "scans", **intervals_of("log_loss_difference")})
    mistakes = lines({"kind": "missed", **BAND, "share": 0.5, **intervals_of("lift")})
    strategies = intervals_of("cost", "cost_minus_model", "missed", "false_alarms", "unknown")
    return {
        "ablation_table": ablation.head(0) if empty else ablation,
        "alarm_rules": lines({**rule, **intervals_of("precision", "useful_share")}),
        "backtest_months": lines(month, {**month, "month": "2020-05"}),
        "conformal": lines(conformal).head(0 if empty else 1),
        "costs": lines({"strategy": "model", **strategies}),
        "evaluate_gaps": lines(gap, {**gap, "month": "2020-04"}, {**gap, "window": "test"}),
        "laws": lines({"result": "known"}, {"result": "holds"}, {"result": "holds"}),
        "leads_table": lines(lead),
        "replay_table": lines(*({**replayed, **fault} for fault in FAULTS)),
        "slices_bands": lines({**band, "slice": "all", "band": "all"}, band),
        "slices_mistakes": mistakes.head(0) if empty else mistakes,
        "slices_segments": lines(segment),
        "stress_months": lines({**month, "mean_psi": 0.1, "largest_psi_feature": "weight"}),
        "stress_table": lines(disturbed, {**disturbed, "kind": "drift"}),
    }


def records(*, empty: bool) -> Records:
    published = PublishedFigure(0.75, "a paper", 12000, 3000)
    steps = [
        AuditStep("as published", "Split at random.", NUMBER),
        AuditStep("later", "By time.", NUMBER, NUMBER, True),
    ]
    comparisons = {"climatology": {"log_loss": BaselineComparison(NUMBER)}}
    return Records(
        audit=AuditRecord(None, []) if empty else AuditRecord(published, steps),
        baselines=BaselinesRecord(comparisons, comparisons),
        headline=HeadlineRecord(**dict.fromkeys(HEADLINE, NUMBER)),
        leads=LeadsRecord("Early enough."),
        replay=ReplayRecord("monthly", "monthly, which won", verdicts(empty=empty), [] if empty else ["never", "once"]),
        slices=slices(empty=empty),
        stress=StressRecord("scans, whose silence costs most"),
        validate=ValidateRecord({"parcels": 5000, "depots": 2}, {"parcels": 3, "depots": 1}, 2),
    )


def verdicts(*, empty: bool) -> dict[str, PolicyVerdict]:
    judged = {"evaluation": PolicyVerdict(NUMBER, "better", 0.05)}
    return judged if empty else judged | {"test window": PolicyVerdict(NUMBER, "no difference shown", 0.05)}


def slices(*, empty: bool) -> SlicesRecord:
    by_chance = (None, None) if empty else (3.5, 0.25)
    return SlicesRecord(40, 4, *by_chance, 1, {} if empty else {"depot": 1200, "day": 300})


def results(*, empty: bool = False) -> Results:
    """Results of an invented dataset; empty: without all that may be missing."""
    recipe = {"test_months": 2, "leaves": 15, "learning_rate": 0.1, "leave_out": []}
    signature = TrainedSignature(
        features=["weight"],
        types={"weight": "float32"},
        categories={},
        lead_hours=2,
        outcome="is late",
        rounds=51,
        rows=278999,
        params=recipe,
        data="0123456789ab",
    )
    return Results(
        story=Story() if empty else STORY,
        signature=signature,
        records=records(empty=empty),
        tables=tables(empty=empty),
        pictures=dict.fromkeys(PICTURES, b"PNG"),
        fetch=Fetch(release="1.0", until="2020-06"),
        features=Features(lead_hours=0.75),
        intervals=Intervals(level=0.9, replicates=200, block_days=7, simulations=200, seed=0),
        slices=Slices(min_rows=1000, segments=10, mistakes=250, conformal_level=0.95),
        costs=Costs(missed=3, false_alarm=1, unknown=0.5),
    )


def bundle_results(shown: Results) -> BundleResults:
    """What the card of a bundle shows, of the same."""
    model, fallback = Model("", Inputs({}, {})), Climatology({}, 0.2, [])
    bundle = Bundle("0" * 12, model, shown.features.lead_hours, fallback, Calibration(0.1, 0.2), shown.costs)
    level = shown.slices.conformal_level
    return BundleResults(shown.story, shown.signature, bundle, shown.records.headline, level)


class Recorder(dict):
    """The blocks of a template, and the names of those that were taken."""

    def __init__(self, blocks: dict) -> None:
        super().__init__(blocks)
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> object:
        self.taken.add(name)
        return super().__getitem__(name)


def texts(shown: Results) -> Iterator[str]:
    """All that the report says outside of its tables' cells."""
    for block in (block for section in SECTIONS for block in section(shown).blocks):
        match block:
            case Text():
                yield block.text
            case Points():
                yield from block.points
            case TableBlock():
                yield block.caption
            case Picture():
                yield from (block.caption, block.alt)


TEMPLATES = templates().list_templates(extensions=["j2"])


def test_every_passage_of_every_template_is_said(monkeypatch: pytest.MonkeyPatch):
    recorders = {}
    for name in TEMPLATES:
        template = templates().get_template(name)
        recorders[name] = Recorder(template.blocks)
        monkeypatch.setattr(template, "blocks", recorders[name])
    for shown in (results(), results(empty=True)):
        report_page(shown)
        model_card(shown)
        bundle_card(bundle_results(shown))
    assert [(name, passage) for name, blocks in recorders.items() for passage in set(blocks) - blocks.taken] == []
    assert sum(len(blocks.taken) for blocks in recorders.values()) > 50


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_named_for_the_module_that_fills_it(name: str):
    stem = Path(name).stem
    assert f'Prose("{stem}", results)' in (REPOSITORY / f"src/ontime/core/report/{stem}.py").read_text()


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_written_beside_the_passages(name: str):
    """It would be shown nowhere."""
    source, *_ = templates().loader.get_source(templates(), name)
    outside = re.sub(r"{% block (\w+) %}.*?{% endblock %}|{#.*?#}", "", source, flags=re.DOTALL)
    assert outside.split() == []


@pytest.mark.parametrize("empty", [False, True])
def test_a_passage_is_one_line_without_marks_of_its_template(empty: bool):
    said = list(texts(results(empty=empty)))
    assert len(said) > 30
    for text in said:
        assert text
        assert text == text.strip()
        assert not re.search(r"\s\s|\n|[{}]|[%#]}|Undefined|\bNone\b|\bnan\b|Interval\(", text), text
        assert not re.search(r" [.,;:)]|\( ", text), text


def test_numbers_and_hours_are_written_as_the_template_says():
    predicted, *_ = texts(results())
    assert predicted == (
        "Predicted is whether one of the parcels & <letters> is late, 45 minutes ahead, from what was known by then. "
        "Of the 5,000 parcels & <letters> of the backtest that is so of 25.0 % (20.0 to 30.0 %)."
    )


def test_points_begin_with_a_dash_in_the_template_and_without_one_on_the_page():
    about = Prose("audit", results()).points("about")
    assert about == Points(["**As published.** Split at random.", "**Later.** By time."])


def test_what_is_filled_in_is_text_which_only_the_page_escapes():
    shown = results()
    assert "What 1,000 parcels & <letters> cost in the backtest" in list(texts(shown))
    assert "What 1,000 parcels &amp; &lt;letters&gt; cost in the backtest" in report_page(shown)
    filled = Prose("limits", shown).passage("left_out", left_out="{{ story.rows }}  {% block %}")
    assert filled.endswith("Left out for that are {{ story.rows }}  {% block %}.")


@pytest.mark.parametrize(
    ("template", "passage", "name"),
    [
        ("limits", "left_out", "left_out"),  # printed
        ("costs", "summary", "even"),  # formatted
        ("audit", "summary", "published"),  # asked for an attribute
        ("stress", "laws", "laws"),  # counted
    ],
)
def test_a_passage_that_is_not_given_what_it_names_is_an_error_that_names_it(template: str, passage: str, name: str):
    with pytest.raises(UndefinedError, match=f"'{name}' is undefined"):
        Prose(template, results()).passage(passage)


def test_a_passage_that_no_template_has_is_an_error_that_names_it():
    with pytest.raises(KeyError, match="nothing_of_the_kind"):
        Prose("costs", results()).text("nothing_of_the_kind")
