"""A published protocol, data/raw/, the backtest -> each step from that figure to ours, and what it takes away."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.evaluation.audit import (
    AuditPlan,
    PredictedStep,
    backtest_steps,
    hold_out,
    measure_steps,
    predict_step,
    published_counts,
)
from ontime.core.model.split import backtest_months, split_months
from ontime.core.pictures.audit import audit_picture
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.protocol import Protocol
from ontime.io.atomic import stage_draft
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import read_parquet, write_json, write_png
from ontime.io.month_files import months, part, parts_below, read_months
from ontime.io.paths import Files
from ontime.params import Audit, Features, Intervals, Split

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, split: Split, intervals: Intervals, audit: Audit) -> None:
    """Rebuild the published figure, take one advantage away at a time, and end with the backtest as it stands."""
    protocol, windows = dataset.protocol, split_months(months(files.features), split)
    plan = AuditPlan(windows.before_test, backtest_months(windows, split), features.lead_hours)
    published, steps = _published(dataset, files, protocol, plan, audit) if protocol else (None, [])
    steps += backtest_steps(read_parquet(files.backtest, ["id", "day", "outcome", "probability"]))
    with stage_draft(files, "audit", files.record("audit")) as draft:
        record = measure_steps(steps, intervals)
        write_json({"published": published, "steps": record}, draft.audit)
        write_png(audit_picture(record, protocol.roc_auc if protocol else None, intervals.level), draft.audit_picture)
    for line in record:
        log.info("%s: ROC AUC %.4f", line["title"], line["roc_auc"]["value"])


def _published(
    dataset: Dataset, files: Files, protocol: Protocol, plan: AuditPlan, audit: Audit
) -> tuple[dict, list[PredictedStep]]:
    """What was published beside what is counted here, and what every step of the protocol predicted."""
    raw = {table.name: _table(files, table) for table in dataset.tables if table.name in protocol.tables}
    known = read_months(files.features, plan.before_test, protocol.features)
    rows = hold_out(protocol.rows(raw, known), protocol, audit.seed)
    counts = published_counts(rows, protocol, months(files.features))
    record = {"source": protocol.source, "roc_auc": protocol.roc_auc} | counts
    if not record["complete"]:
        log.warning("the data ends before %s: rows are not compared with those published", protocol.until)
    steps = tqdm(protocol.steps, desc="audit", unit=" steps", disable=None)
    return record, [predict_step(step, rows, plan) for step in steps]


def _table(files: Files, form: Table) -> pd.DataFrame:
    """All months of a raw table."""
    stored = [(table, month) for table, month in parts_below(files.raw) if table == form.name]
    return pd.concat([read_foreign(form, part(files.raw, *of_table)) for of_table in stored], ignore_index=True)
