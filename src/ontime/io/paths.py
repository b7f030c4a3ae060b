"""Every path of a checkout, once."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

CODE = Path(__file__).parents[1]


class Place(NamedTuple):
    """A path below the root of a checkout, and in words what is there. As an attribute of `Files` it is a Path."""

    path: str
    about: str

    def __get__(self, files: Files, owner: type) -> Path:
        return files.root / self.path


class Files:
    """The files of one checkout: `files.raw` is the path of data/raw below its root."""

    params = Place("params.yaml", "every parameter, and what it does")
    pipeline = Place("dvc.yaml", "the stages")
    lock = Place("dvc.lock", "what DVC recorded of every stage: hashes of what it read and made, and its params")
    project = Place("pyproject.toml", "which packages the project asks for")
    pins = Place("requirements.lock", "the release and the hashes of every package that is installed")

    # What DVC moves.
    raw = Place("data/raw", "folder: the source's tables, values untouched")
    clean = Place("data/clean", "folder: laid out as raw; what kept the contract, with UTC clocks and `day`")
    quarantine = Place("data/quarantine.parquet", "what broke the contract: table, key, column, rule, value")
    features = Place("data/features", "folder: a row for each of the schedule, one file per month")
    candidate = Place("data/models/candidate", "folder: the newest model, its signature, reference and fallback")
    bundle = Place("data/models/bundle", "folder: all that answers, by one version; beside it a reference and a card")
    backtest = Place("data/backtest.parquet", "id, day, outcome, probability of the model and of every baseline")
    backtest_models = Place("data/models/backtest", "folder: the model of each month, in a folder of its name")
    predictions = Place("data/predictions.parquet", "id, day, starts_at, probability, outcome of the test window")
    scores = Place("data/scores.parquet", "the test window answered from messages, as `ontime predict` does")
    errors = Place("data/errors.parquet", "the worst mistakes, five rows each: feature, value, contribution")
    lead = Place("data/lead", "folder: the predictions of each lead's backtest, in a file of its name")
    report = Place("data/report.html", "one page with all that the stages found, its pictures inside")

    # What git shows, a folder a stage.
    validate_metrics = Place("metrics/validate/metrics.json", "the record of `validate` in a few numbers")
    validate_columns = Place("metrics/validate/columns.csv", "per table, month, column: shares missing and extreme")
    validate_findings = Place("metrics/validate/findings.csv", "what was quarantined and what was warned of")
    train_curves = Place("metrics/train", "folder: the curves of training, written by dvclive while it goes on")
    backtest_months = Place("metrics/backtest/months.csv", "per month: rows, trees, metrics with intervals")
    evaluate_metrics = Place("metrics/evaluate/metrics.json", "the headline: at most eight numbers")
    intervals = Place("metrics/evaluate/intervals.json", "every headline number, its interval, what that is about")
    baselines = Place("metrics/evaluate/baselines.json", "the model's differences to each baseline, with intervals")
    evaluate_picture = Place("metrics/evaluate/headline.png", "ROC AUC by month, and calibration")
    evaluate_roc = Place("metrics/evaluate/roc.csv", "the ROC curve of the test window")
    evaluate_precision = Place("metrics/evaluate/precision.csv", "its precision-recall curve")
    evaluate_calibration = Place("metrics/evaluate/calibration.csv", "its reliability by bin, with intervals")
    evaluate_coverage = Place("metrics/evaluate/coverage.csv", "how alike days are; how often intervals hold")
    evaluate_gaps = Place("metrics/evaluate/gaps.csv", "per window and month: mean probability minus rate")
    evaluate_importance = Place("metrics/evaluate/importance.csv", "the gain of each feature")
    bundle_record = Place("metrics/bundle/bundle.json", "the version of the bundle, its lead, trees and bounds")
    slices_metrics = Place("metrics/slices/metrics.json", "the record of `slices` in a few numbers")
    slices_bands = Place("metrics/slices/bands.csv", "per slice and band: rows, rate and metrics, with intervals")
    slices_segments = Place("metrics/slices/segments.csv", "segments found in odd weeks, and what even weeks confirm")
    slices_mistakes = Place("metrics/slices/mistakes.csv", "what the worst mistakes have in common")
    slices_picture = Place("metrics/slices/bands.png", "each band beside all rows")
    costs = Place("metrics/slices/costs.csv", "per strategy: cost of 1,000 rows, mistakes, unknown")
    costs_threshold = Place("metrics/slices/costs_threshold.csv", "cost by threshold")
    costs_answered = Place("metrics/slices/costs_answered.csv", "cost by share of rows answered")
    costs_picture = Place("metrics/slices/costs.png", "cost by threshold and share answered; conformal sets")
    conformal = Place("metrics/slices/conformal.csv", "coverage of conformal sets per kind, month and class")
    laws = Place("metrics/stress/laws.csv", "what must hold of every answer, and whether it does")
    stress = Place("metrics/stress/stress.json", "which source must never fail, and what its silence costs")
    stress_table = Place("metrics/stress/stress.csv", "what each disturbed source and each simulated drift costs")
    stress_months = Place("metrics/stress/months.csv", "per month: its loss, and how far its features moved")
    stress_picture = Place("metrics/stress/stress.png", "what failing sources and drift cost")
    lead_metrics = Place("metrics/lead", "folder: the numbers of each lead's backtest, in a file of its name")
    leads_record = Place("metrics/leads/leads.json", "how early, in a sentence")
    leads_table = Place("metrics/leads/leads.csv", "per lead: every metric, and its differences, with intervals")
    leads_picture = Place("metrics/leads/leads.png", "ROC AUC and Brier skill by lead")
    ablation_table = Place("metrics/leads/ablation.csv", "per lead and feature group: how much worse without it")
    ablation_picture = Place("metrics/leads/ablation.png", "the same, drawn")
    audit = Place("metrics/audit/audit.json", "a published figure, and each step from there to one's own")
    audit_picture = Place("metrics/audit/audit.png", "the steps, drawn")
    alarm_rules = Place("metrics/alarms/rules.csv", "per alarm rule: true, late, false and useful alarms, missed rises")
    alarms_weeks = Place("metrics/alarms/weeks.csv", "per frozen model and week: its loss, its estimate, drift")
    alarms_picture = Place("metrics/alarms/alarms.png", "a model that is never replaced, and how useful alarms were")
    replay = Place("metrics/replay/replay.json", "which policy is recommended, how each did, its alarms")
    replay_table = Place("metrics/replay/replay.csv", "per policy, fault and window of the year: every metric")
    replay_weeks = Place("metrics/replay/weeks.csv", "per policy and week: the loss, its estimate, drift")
    replay_decisions = Place("metrics/replay/decisions.csv", "every decision with its day and its reason")
    replay_picture = Place("metrics/replay/replay.png", "each policy over the year, and what faults add")
    model_card = Place("metrics/report/model_card.md", "what the newest model is for, how good it is, what it is of")

    # Seen by neither DVC nor git, and pages for people.
    sweep = Place(".ontime/sweep.csv", "per trial: its settings, log loss, differences and a verdict")
    sweep_picture = Place(".ontime/sweep.png", "the trials, drawn")
    review = Place(".ontime/report", "folder: what a reviewer reads of two revisions, report.md and pictures")
    work = Place(".ontime/work", "folder: work in progress")
    data_dictionary = Place("docs/data.md", "the contract in words")
    feature_dictionary = Place("docs/features.md", "the features in words")

    def __init__(self, root: Path = Path()) -> None:
        self.root = root

    def record(self, stage: str) -> Path:
        """The folder of what git shows of a stage."""
        return self.root / "metrics" / stage
