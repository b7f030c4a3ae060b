"""data/lead/, metrics/lead/ -> metrics/lead.*, metrics/worth.*: how early, and what each feed is worth, to look at."""

import logging

from ontime.core.evaluation.leads import how_early, lead_table, worth_table
from ontime.core.pictures import ablation, leads
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.formats import read_json, read_parquet, write_csv, write_json, write_png
from ontime.io.paths import Files
from ontime.params import Intervals, Lead

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, lead: Lead, intervals: Intervals) -> None:  # noqa: ARG001
    """Lay the leads beside one another. Raises OntimeError where there are results of others."""
    _refuse_others(files, lead)
    records = {name: read_json(files.lead_metrics / f"{name}.json") for name in lead.leads}
    said = {name: read_parquet(files.lead / f"{name}.parquet") for name in lead.leads}
    with files.whole("leads", files.record("leads")) as draft:
        write_csv(table := lead_table(records, said, intervals), draft.leads_table)
        write_csv(worth := worth_table(records), draft.ablation_table)
        write_png(leads.how_early(table, intervals.level), draft.leads_picture)
        write_png(ablation.feeds(worth, intervals.level), draft.ablation_picture)
        write_json({"how_early": (told := how_early(table, intervals.level))}, draft.leads_record)
    log.info(told)


def _refuse_others(files: Files, lead: Lead) -> None:
    """DVC hashes the folders whole: what an experiment left there would be recorded as if it had been read."""
    there = [path for folder in (files.lead, files.lead_metrics) for path in sorted(folder.glob("*"))]
    if others := [path.as_posix() for path in there if path.stem not in lead.leads]:
        raise OntimeError(
            f"results of leads that lead.leads in params.yaml does not name ({', '.join(lead.leads)}): remove them "
            f"with rm {' '.join(others)}, or name their leads"
        )
