"""The results of all stages -> data/report.html, one page, and a card of the model; nothing is computed."""

import logging

from ontime.core.report.card import model_card
from ontime.core.report.page import SECTIONS, report_page
from ontime.core.report.records import (
    AuditRecord,
    BaselinesRecord,
    HeadlineRecord,
    LeadsRecord,
    Records,
    ReplayRecord,
    SlicesRecord,
    StressRecord,
    ValidateRecord,
)
from ontime.core.report.results import PICTURES, TABLES, Results
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft, write_text
from ontime.io.formats import read_bytes, read_csv, read_record
from ontime.io.model_files import read_signature
from ontime.io.paths import Files
from ontime.params import Costs, Features, Fetch, Intervals, Slices

log = logging.getLogger(__name__)


def run(
    dataset: Dataset, files: Files, fetch: Fetch, features: Features, intervals: Intervals, slices: Slices, costs: Costs
) -> None:
    """Write the page and the card anew."""
    results = Results(
        story=dataset.story,
        signature=read_signature(files.candidate),
        records=_records(files),
        tables={name: read_csv(getattr(files, name)) for name in TABLES},
        pictures={name: read_bytes(getattr(files, name)) for name in PICTURES},
        fetch=fetch,
        features=features,
        intervals=intervals,
        slices=slices,
        costs=costs,
    )
    page = report_page(results)
    with stage_draft(files, "report", files.report, files.record("report")) as draft:
        write_text(page, draft.report)
        write_text(model_card(results), draft.model_card)
    log.info("%s: %s sections, %s kB", files.report, len(SECTIONS), len(page.encode()) // 1000)


def _records(files: Files) -> Records:
    return Records(
        audit=read_record(AuditRecord, files.audit),
        baselines=read_record(BaselinesRecord, files.baselines),
        headline=read_record(HeadlineRecord, files.intervals),
        leads=read_record(LeadsRecord, files.leads_record),
        replay=read_record(ReplayRecord, files.replay),
        slices=read_record(SlicesRecord, files.slices_metrics),
        stress=read_record(StressRecord, files.stress),
        validate=read_record(ValidateRecord, files.validate_metrics),
    )
