"""A published protocol, data/raw/, the backtest -> each step from that figure to ours, and what it takes away."""

import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.evaluation.audit import Judged, Plan, counted, draw, judge, measured, own
from ontime.core.model.split import backtest_months, windows
from ontime.core.pictures.audit import staircase
from ontime.dataset.dataset import Dataset
from ontime.dataset.protocol import Protocol
from ontime.io.formats import read_parquet, write_json, write_png
from ontime.io.paths import Files, months, part, parts, read_months
from ontime.params import Audit, Features, Intervals, Split

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, split: Split, intervals: Intervals, audit: Audit) -> None:
    """Rebuild the published figure, take one advantage away at a time, and end with the backtest as it stands."""
    protocol, found = dataset.protocol, windows(months(files.features), split)
    plan = Plan(found.before_test, backtest_months(found, split), features.lead_hours)
    published, steps = _published(files, protocol, plan, audit) if protocol else (None, [])
    steps += own(read_parquet(files.backtest, ["id", "day", "outcome", "probability"]))
    with files.whole("audit", files.record("audit")) as draft:
        record = measured(steps, intervals)
        write_json({"published": published, "steps": record}, draft.audit)
        write_png(staircase(record, protocol.roc_auc if protocol else None, intervals.level), draft.audit_picture)
    for line in record:
        log.info("%s: ROC AUC %.4f", line["title"], line["roc_auc"]["value"])


def _published(files: Files, protocol: Protocol, plan: Plan, audit: Audit) -> tuple[dict, list[Judged]]:
    """What was published beside what is counted here, and what every step of the protocol said."""
    raw = {table: _table(files, table) for table in protocol.tables}
    known = read_months(files.features, plan.before_test, protocol.features)
    rows = draw(protocol.rows(raw, known), protocol, audit.seed)
    record = {"source": protocol.source, "roc_auc": protocol.roc_auc} | counted(rows, protocol, months(files.features))
    if not record["complete"]:
        log.warning("the data ends before %s: rows are not compared with those published", protocol.until)
    steps = tqdm(protocol.steps, desc="audit", unit=" steps", disable=None)
    return record, [judge(step, rows, plan) for step in steps]


def _table(files: Files, name: str) -> pd.DataFrame:
    """All months of a raw table."""
    found = [read_parquet(part(files.raw, table, month)) for table, month in parts(files.raw) if table == name]
    return pd.concat(found, ignore_index=True)
