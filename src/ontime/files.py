"""Every path of a checkout, once; which months a table has; and work that is placed whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from ontime.errors import OntimeError
from ontime.formats import read_parquet
from ontime.places import HASH_DIGITS, MISSING, Checkpoints, content_hash, put, remove

CODE = Path(__file__).parent
REPORT_TEMPLATE = CODE / "core/report.html"


@dataclass(frozen=True)
class Files:
    """The files of one checkout, below `root`."""

    root: Path = Path()

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def lock(self) -> Path:
        """What DVC recorded of every stage: the hashes of what it read and made, and its params."""
        return self.root / "dvc.lock"

    @property
    def pipeline(self) -> Path:
        return self.root / "dvc.yaml"

    @property
    def project(self) -> Path:
        """Which packages the project asks for."""
        return self.root / "pyproject.toml"

    @property
    def pins(self) -> Path:
        """The release and the hashes of every package that is installed."""
        return self.root / "requirements.lock"

    @property
    def raw(self) -> Path:
        """Folder: the source's tables, values untouched."""
        return self.root / "data/raw"

    @property
    def clean(self) -> Path:
        """Folder: laid out as raw; what kept the contract, with UTC clocks and `day`."""
        return self.root / "data/clean"

    @property
    def quarantine(self) -> Path:
        """What broke the contract: table, key, column, rule, value."""
        return self.root / "data/quarantine.parquet"

    @property
    def features(self) -> Path:
        """Folder: a row for each of the schedule, one file per month."""
        return self.root / "data/features"

    @property
    def candidate(self) -> Path:
        """Folder: the newest model: model.txt, signature.json, reference.json, fallback.json."""
        return self.root / "data/models/candidate"

    @property
    def backtest(self) -> Path:
        """id, day, probability, outcome and the baselines' probabilities, of every month of the backtest."""
        return self.root / "data/backtest.parquet"

    @property
    def backtest_models(self) -> Path:
        """Folder: the model of each month of the backtest, in a folder of its name: model.txt, signature.json."""
        return self.root / "data/models/backtest"

    @property
    def predictions(self) -> Path:
        """id, day, starts_at, probability, outcome of the test window."""
        return self.root / "data/predictions.parquet"

    @property
    def validate(self) -> Path:
        """The record of `validate` in a few numbers."""
        return self.root / "metrics/validate.json"

    @property
    def validate_columns(self) -> Path:
        """Per table, month and column: rows, shares missing and extreme, mean, shift."""
        return self.root / "metrics/validate_columns.csv"

    @property
    def validate_findings(self) -> Path:
        """What the contract found and let pass: quarantined and warned of."""
        return self.root / "metrics/validate_findings.csv"

    @property
    def train(self) -> Path:
        """Folder: the curves of training, written by dvclive while it goes on."""
        return self.root / "metrics/train"

    @property
    def backtest_months(self) -> Path:
        """Per month of the backtest: rows, trees, metrics and their intervals."""
        return self.root / "metrics/backtest.csv"

    @property
    def evaluate(self) -> Path:
        """The headline: at most eight numbers."""
        return self.root / "metrics/evaluate.json"

    @property
    def intervals(self) -> Path:
        """Every headline number with its interval, and how often such intervals hold."""
        return self.root / "metrics/intervals.json"

    @property
    def baselines(self) -> Path:
        """What the model is better by than each baseline, with intervals, on the backtest and on the test window."""
        return self.root / "metrics/baselines.json"

    @property
    def evaluate_picture(self) -> Path:
        return self.root / "metrics/evaluate.png"

    @property
    def evaluate_roc(self) -> Path:
        return self.root / "metrics/evaluate_roc.csv"

    @property
    def evaluate_precision(self) -> Path:
        return self.root / "metrics/evaluate_precision.csv"

    @property
    def evaluate_calibration(self) -> Path:
        return self.root / "metrics/evaluate_calibration.csv"

    @property
    def evaluate_importance(self) -> Path:
        return self.root / "metrics/evaluate_importance.csv"

    @property
    def slices(self) -> Path:
        """Per slice and band: rows, rate, ROC AUC, Brier score, gap and gain over climatology, with intervals."""
        return self.root / "metrics/slices.csv"

    @property
    def slices_record(self) -> Path:
        """The record of `slices` in a few numbers."""
        return self.root / "metrics/slices.json"

    @property
    def slices_search(self) -> Path:
        """Segments of two bands whose gap stood out in odd weeks, and what even weeks say of it."""
        return self.root / "metrics/slices_search.csv"

    @property
    def slices_errors(self) -> Path:
        """What the worst mistakes have in common."""
        return self.root / "metrics/slices_errors.csv"

    @property
    def errors(self) -> Path:
        """The worst mistakes: id, day, kind, probability, outcome; five rows each: feature, value, contribution."""
        return self.root / "data/errors.parquet"

    @property
    def slices_picture(self) -> Path:
        return self.root / "metrics/slices.png"

    @property
    def costs(self) -> Path:
        """Per way to answer: cost of 1,000 rows, mistakes and unknown, with intervals."""
        return self.root / "metrics/costs.csv"

    @property
    def costs_threshold(self) -> Path:
        return self.root / "metrics/costs_threshold.csv"

    @property
    def costs_answered(self) -> Path:
        return self.root / "metrics/costs_answered.csv"

    @property
    def costs_picture(self) -> Path:
        return self.root / "metrics/costs.png"

    @property
    def conformal(self) -> Path:
        """Coverage of conformal sets per kind, month and class, with intervals."""
        return self.root / "metrics/conformal.csv"

    @property
    def conformal_bounds(self) -> Path:
        """How small a probability an outcome may have and still be in a conformal set, from the whole backtest."""
        return self.root / "metrics/conformal.json"

    @property
    def scores(self) -> Path:
        """The test window answered from messages, as `ontime predict` does: a row for each of the schedule."""
        return self.root / "data/scores.parquet"

    @property
    def laws(self) -> Path:
        """What must hold of every answer, and whether it does."""
        return self.root / "metrics/laws.csv"

    @property
    def stress(self) -> Path:
        """Which feed must never fail, and what its silence costs."""
        return self.root / "metrics/stress.json"

    @property
    def stress_table(self) -> Path:
        """Per disturbed feed and simulated drift: the metrics, and what it adds to them, with intervals."""
        return self.root / "metrics/stress.csv"

    @property
    def stress_months(self) -> Path:
        """Per month of the backtest: its loss, and how far its features are from those learned from."""
        return self.root / "metrics/stress_months.csv"

    @property
    def stress_picture(self) -> Path:
        return self.root / "metrics/stress.png"

    @property
    def lead(self) -> Path:
        """Folder: of each lead's backtest, in a file of its name: id, day, probability, outcome, climatology."""
        return self.root / "data/lead"

    @property
    def lead_metrics(self) -> Path:
        """Folder: the numbers of each lead's backtest, with intervals, and what each feed is worth there."""
        return self.root / "metrics/lead"

    @property
    def lead_record(self) -> Path:
        """How early, in a sentence."""
        return self.root / "metrics/lead.json"

    @property
    def lead_table(self) -> Path:
        """Per lead, the shortest first: every metric with its interval, beside climatology and the shortest lead."""
        return self.root / "metrics/lead.csv"

    @property
    def lead_picture(self) -> Path:
        return self.root / "metrics/lead.png"

    @property
    def worth_table(self) -> Path:
        """Per lead and feed: how much worse the model is that must do without it, with intervals."""
        return self.root / "metrics/worth.csv"

    @property
    def worth_picture(self) -> Path:
        return self.root / "metrics/worth.png"

    @property
    def audit(self) -> Path:
        """A published figure, and each step from there to one's own, with its interval and what it takes away."""
        return self.root / "metrics/audit.json"

    @property
    def audit_picture(self) -> Path:
        return self.root / "metrics/audit.png"

    @property
    def alarms(self) -> Path:
        """Per alarm rule and window of the year: alarms that were right, late and false; worth a new model."""
        return self.root / "metrics/alarms.csv"

    @property
    def alarms_weeks(self) -> Path:
        """Per followed model and week: its loss, that of a new model, what was expected, drift."""
        return self.root / "metrics/alarms_weeks.csv"

    @property
    def alarms_picture(self) -> Path:
        return self.root / "metrics/alarms.png"

    @property
    def replay(self) -> Path:
        """Which policy to hold, how each did, and what alarms were worth."""
        return self.root / "metrics/replay.json"

    @property
    def replay_table(self) -> Path:
        """Per policy, fault and window of the year: every metric and what it is beside another, decisions."""
        return self.root / "metrics/replay.csv"

    @property
    def replay_weeks(self) -> Path:
        """Per policy and week: the loss, what was expected, drift."""
        return self.root / "metrics/replay_weeks.csv"

    @property
    def replay_decisions(self) -> Path:
        """Every decision with its day and its reason."""
        return self.root / "metrics/replay_decisions.csv"

    @property
    def replay_picture(self) -> Path:
        return self.root / "metrics/replay.png"

    @property
    def report(self) -> Path:
        """One page with all that the stages found, its pictures inside."""
        return self.root / "data/report.html"

    @property
    def model_card(self) -> Path:
        """What the newest model is for and what it is not for, how good it is, and what it was made of."""
        return self.root / "metrics/model_card.md"

    @property
    def sweep(self) -> Path:
        """Per trial of a sweep: its settings, its log loss, differences from the committed recipe, a verdict."""
        return self.root / ".ontime/sweep.csv"

    @property
    def sweep_picture(self) -> Path:
        return self.root / ".ontime/sweep.png"

    @property
    def data_dictionary(self) -> Path:
        return self.root / "docs/data.md"

    @property
    def feature_dictionary(self) -> Path:
        return self.root / "docs/features.md"

    @property
    def review(self) -> Path:
        """Folder: what a reviewer reads of two revisions, report.md and pictures."""
        return self.root / ".ontime/report"

    @property
    def work(self) -> Path:
        """Folder: work in progress, seen by neither git nor DVC."""
        return self.root / ".ontime/work"

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
