"""The results of all stages -> data/report.html, one page to read, and metrics/model_card.md; nothing is computed."""

import logging

from ontime.core import report, report_card
from ontime.core.report_results import PICTURES, RECORDS, TABLES, Results
from ontime.dataset import Dataset
from ontime.files import REPORT_TEMPLATE, Files
from ontime.formats import read_csv, read_json, read_model
from ontime.params import Costs, Features, Fetch, Intervals, Slices
from ontime.places import read_bytes, read_text, write_text

log = logging.getLogger(__name__)


def run(
    dataset: Dataset, files: Files, fetch: Fetch, features: Features, intervals: Intervals, slices: Slices, costs: Costs
) -> None:
    """Write the page and the card anew."""
    results = Results(
        story=dataset.story,
        signature=read_model(files.candidate)[1],
        records={name: read_json(getattr(files, name)) for name in RECORDS},
        tables={name: read_csv(getattr(files, name)) for name in TABLES},
        pictures={name: read_bytes(getattr(files, name)) for name in PICTURES},
        fetch=fetch,
        features=features,
        intervals=intervals,
        slices=slices,
        costs=costs,
    )
    page = report.page(results, read_text(REPORT_TEMPLATE))
    with files.whole("report", files.report, files.model_card) as draft:
        write_text(page, draft.report)
        write_text(report_card.card(results), draft.model_card)
    log.info("%s: %s sections, %s kB", files.report, len(report.SECTIONS), len(page.encode()) // 1000)
