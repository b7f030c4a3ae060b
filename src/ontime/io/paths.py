"""Every path of a checkout, once; which months a table has; and work that is placed whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from ontime.errors import OntimeError
from ontime.io.atomic import MISSING, Checkpoints, put, remove
from ontime.io.formats import read_parquet
from ontime.io.hashes import HASH_DIGITS, content_hash

CODE = Path(__file__).parents[1]
REPORT_TEMPLATE = CODE / "core/report/page.html"


class Place:
    """A path of a checkout, below its root, and in words what is there."""

    def __init__(self, path: str, about: str) -> None:
        self.path, self.about = path, about

    def __get__(self, files: Files, owner: type) -> Path:
        return files.root / self.path


class Files:
    """The files of one checkout, below `root`: paths that are attributes, one a line."""

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
    intervals = Place(
        "metrics/evaluate/intervals.json", "every headline number, its interval, how often such ones hold"
    )
    baselines = Place("metrics/evaluate/baselines.json", "the model's differences to each baseline, with intervals")
    evaluate_picture = Place("metrics/evaluate/headline.png", "ROC AUC by month, and calibration")
    evaluate_roc = Place("metrics/evaluate/roc.csv", "the ROC curve of the test window")
    evaluate_precision = Place("metrics/evaluate/precision.csv", "its precision-recall curve")
    evaluate_calibration = Place("metrics/evaluate/calibration.csv", "its reliability by bin, with intervals")
    evaluate_importance = Place("metrics/evaluate/importance.csv", "the gain of each feature")
    slices_metrics = Place("metrics/slices/metrics.json", "the record of `slices` in a few numbers")
    slices = Place("metrics/slices/bands.csv", "per slice and band: rows, rate and metrics, with intervals")
    slices_search = Place("metrics/slices/segments.csv", "segments that stood out in odd weeks, and even weeks of them")
    slices_errors = Place("metrics/slices/mistakes.csv", "what the worst mistakes have in common")
    slices_picture = Place("metrics/slices/bands.png", "each band beside all rows")
    costs = Place("metrics/slices/costs.csv", "per way to answer: cost of 1,000 rows, mistakes, unknown")
    costs_threshold = Place("metrics/slices/costs_threshold.csv", "cost by threshold")
    costs_answered = Place("metrics/slices/costs_answered.csv", "cost by share of rows answered")
    costs_picture = Place("metrics/slices/costs.png", "cost by threshold and share answered; conformal sets")
    conformal = Place("metrics/slices/conformal.csv", "coverage of conformal sets per kind, month and class")
    conformal_bounds = Place("metrics/slices/conformal.json", "how small a probability is still in a conformal set")
    laws = Place("metrics/stress/laws.csv", "what must hold of every answer, and whether it does")
    stress = Place("metrics/stress/stress.json", "which feed must never fail, and what its silence costs")
    stress_table = Place("metrics/stress/stress.csv", "what each disturbed feed and each simulated drift costs")
    stress_months = Place("metrics/stress/months.csv", "per month: its loss, and how far its features moved")
    stress_picture = Place("metrics/stress/stress.png", "what failing feeds and drift cost")
    lead_metrics = Place("metrics/lead", "folder: the numbers of each lead's backtest, in a file of its name")
    leads_record = Place("metrics/leads/leads.json", "how early, in a sentence")
    leads_table = Place("metrics/leads/leads.csv", "per lead: every metric, and its differences, with intervals")
    leads_picture = Place("metrics/leads/leads.png", "ROC AUC and Brier skill by lead")
    ablation_table = Place("metrics/leads/ablation.csv", "per lead and feature group: how much worse without it")
    ablation_picture = Place("metrics/leads/ablation.png", "the same, drawn")
    audit = Place("metrics/audit/audit.json", "a published figure, and each step from there to one's own")
    audit_picture = Place("metrics/audit/audit.png", "the steps, drawn")
    alarms = Place("metrics/alarms/rules.csv", "per alarm rule: alarms that were right, late, false, worth a new model")
    alarms_weeks = Place("metrics/alarms/weeks.csv", "per followed model and week: its loss, what was expected, drift")
    alarms_picture = Place("metrics/alarms/alarms.png", "a model that is never replaced, and what alarms were worth")
    replay = Place("metrics/replay/replay.json", "which policy to hold, how each did, what alarms were worth")
    replay_table = Place("metrics/replay/replay.csv", "per policy, fault and window of the year: every metric")
    replay_weeks = Place("metrics/replay/weeks.csv", "per policy and week: the loss, what was expected, drift")
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

    @contextmanager
    def whole(self, stage: str, *outputs: Path) -> Iterator[Files]:
        """A draft to write `outputs` in: they take their places when the block ends well, else nothing changes.

        Raises OntimeError where another run of the stage is at work, or where a place cannot be written.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.work / f"{stage}.lock", timeout=0):
                draft = Files(self.work / stage)
                shutil.rmtree(draft.root, ignore_errors=True)
                try:
                    yield draft
                    put({draft.root / output.relative_to(self.root): output for output in outputs})
                finally:
                    shutil.rmtree(draft.root, ignore_errors=True)
        except Timeout as error:
            raise OntimeError(f"another run of {stage} is at work in this folder: wait until it has ended") from error

    @contextmanager
    def checkpoints(self, stage: str, **ingredients: object) -> Iterator[Checkpoints]:
        """Texts that outlive a killed run, for another with the same ingredients and code; a run that ends drops them.

        What other ingredients left is removed. To be used inside `whole`, whose lock keeps other runs away.
        """
        named = json.dumps({name: repr(value) for name, value in ingredients.items()}, sort_keys=True)
        key = hashlib.sha256(f"{content_hash(CODE)}{named}".encode()).hexdigest()[:HASH_DIGITS]
        folder = self.work / f"{stage}.checkpoints"
        for other in folder.glob("*"):
            if other.name != key:
                remove(other)
        yield Checkpoints(folder / key)
        remove(folder)


def part(folder: Path, table: str, month: str | None) -> Path:
    """The file of one part of a table below `folder`."""
    return folder / f"{table}.parquet" if month is None else folder / table / f"{month}.parquet"


def parts(folder: Path) -> list[tuple[str, str | None]]:
    """(table, month) of every file below `folder`, sorted; what is no Parquet file comes as (its path, None).

    Raises OntimeError where there is no folder.
    """
    if not folder.is_dir():
        raise OntimeError(f"{folder} {MISSING}")
    found = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir() or path.suffix == ".parquet"):
        name = path.relative_to(folder).as_posix()
        table, _, month = name.removesuffix(".parquet").partition("/")
        found.append((table, month or None) if path.is_file() and path.suffix == ".parquet" else (name, None))
    return found


def months(folder: Path) -> list[str]:
    """The months of a table that is a folder of monthly files, ascending."""
    return [name for name, _ in parts(folder)]


def months_of(folder: Path, table: str) -> list[str]:
    """The months of one of several tables below a folder, ascending."""
    return [month for name, month in parts(folder) if name == table and month]


def read_months(folder: Path, wanted: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Months of such a table, one after another; all columns, or some."""
    return pd.concat([read_parquet(part(folder, month, None), columns) for month in wanted], ignore_index=True)
