"""The results of all stages -> data/report.html, one page, and a card of the model; nothing is computed."""

import logging

from ontime.core.report import card, page
from ontime.core.report.results import PICTURES, RECORDS, TABLES, Results
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import read_bytes, read_text, write_text
from ontime.io.formats import read_csv, read_json, read_model
from ontime.io.paths import REPORT_TEMPLATE, Files
from ontime.params import Costs, Features, Fetch, Intervals, Slices

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
    text = page.page(results, read_text(REPORT_TEMPLATE))
    with files.whole("report", files.report, files.record("report")) as draft:
        write_text(text, draft.report)
        write_text(card.card(results), draft.model_card)
    log.info("%s: %s sections, %s kB", files.report, len(page.SECTIONS), len(text.encode()) // 1000)
