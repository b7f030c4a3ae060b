"""data/lead/, metrics/lead/ -> metrics/leads/: how early, and what each feature group is worth, side by side."""

import logging

from ontime.core.evaluation.lead_record import LeadRecord
from ontime.core.evaluation.leads import ablation_table, how_early_sentence, lead_table
from ontime.core.pictures.ablation import ablation_picture
from ontime.core.pictures.leads import leads_picture
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.atomic import stage_draft
from ontime.io.formats import read_parquet, read_record, write_csv, write_json, write_png
from ontime.io.paths import Files
from ontime.params import Intervals, Lead

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, lead: Lead, intervals: Intervals) -> None:  # noqa: ARG001
    """Lay the leads beside one another. Raises OntimeError where there are results of others."""
    _refuse_others(files, lead)
    records = {name: read_record(LeadRecord, files.lead_metrics / f"{name}.json") for name in lead.leads}
    predictions = {name: read_parquet(files.lead / f"{name}.parquet") for name in lead.leads}
    with stage_draft(files, "leads", files.record("leads")) as draft:
        table = lead_table(records, predictions, intervals)
        write_csv(table, draft.leads_table)
        ablation = ablation_table(records)
        write_csv(ablation, draft.ablation_table)
        write_png(leads_picture(table, intervals.level), draft.leads_picture)
        write_png(ablation_picture(ablation, intervals.level), draft.ablation_picture)
        sentence = how_early_sentence(table, intervals.level)
        write_json({"how_early": sentence}, draft.leads_record)
    log.info(sentence)


def _refuse_others(files: Files, lead: Lead) -> None:
    """DVC hashes the folders whole: what an experiment left there would be recorded as if it had been read."""
    there = [path for folder in (files.lead, files.lead_metrics) for path in sorted(folder.glob("*"))]
    if others := [path.as_posix() for path in there if path.stem not in lead.leads]:
        raise OntimeError(
            f"results of leads that lead.leads in params.yaml does not name ({', '.join(lead.leads)}): remove them "
            f"with rm {' '.join(others)}, or name their leads"
        )
