"""data/clean/ -> data/lead/, metrics/lead/: the backtest as of another lead, and what each feed is worth there."""

import argparse
import logging

import pandas as pd
from tqdm import tqdm

from ontime.core.evaluation.lead_record import REFERENCE, measure, worth
from ontime.core.features.table import KEYS, build_months, chosen, feeds
from ontime.core.model.backtest import Backtest, Month
from ontime.core.model.climatology import climatology
from ontime.core.model.model import DIGITS
from ontime.core.model.split import backtest_months, windows
from ontime.dataset.dataset import Dataset
from ontime.dataset.features import FeatureSet
from ontime.io.formats import read_parquet, write_json, write_parquet
from ontime.io.hashes import content_hash
from ontime.io.paths import Files, months_of, part
from ontime.params import Intervals, Lead, Split, Train

log = logging.getLogger(__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which lead."""
    parser.add_argument("name", help="a name in lead.leads of params.yaml")


def run(
    dataset: Dataset, files: Files, lead: Lead, split: Split, train: Train, intervals: Intervals, *, name: str
) -> None:
    """Compute features in memory, search and fit for one month after another. Killed and run again, it goes on."""
    declared, hours = dataset.features, lead.hours(name)
    types = chosen(declared, train.leave_out)
    parts = windows(months_of(files.clean, declared.tables[0]), split)
    tested = backtest_months(parts, split)
    without = feeds(declared, train.leave_out) if name in lead.worth_at else {}
    test = Backtest(_rows(declared, files, parts.before_test, types, hours), hours, types, split, train)
    predictions, record = files.lead / f"{name}.parquet", files.lead_metrics / f"{name}.json"
    ingredients = {"data": content_hash(files.clean), "hours": hours, "split": split, "train": train}
    with (
        files.whole(f"lead-{name}", predictions, record) as draft,
        files.checkpoints(f"lead-{name}", **ingredients) as kept,
        tqdm(total=2 * len(tested) + len(without), desc=f"lead {name}", unit=" steps", disable=None) as progress,
    ):
        rounds = test.search(tested, kept, progress.update)
        frames = []
        for month in test.refit(rounds, kept):
            frames.append(_said(month, declared))
            progress.update()
        said, lost = pd.concat(frames, ignore_index=True), {}
        some = dict(list(rounds.items())[:: lead.worth_every])
        for feed, rest in without.items():
            lost[feed] = worth(test, rest, some, said, intervals)
            progress.update()
        found = measure(said, intervals)
        write_parquet(said, draft.lead / predictions.name)
        content = {"hours": hours, "rows": len(said), "trees": rounds, "worth": lost, **found}
        write_json(content, draft.lead_metrics / record.name)
    log.info(
        "%s, %g hours ahead: ROC AUC {value:.4f} ({low:.4f} to {high:.4f})".format(**found["roc_auc"]), name, hours
    )


def _rows(declared: FeatureSet, files: Files, months: list[str], types: dict[str, str], hours: float) -> pd.DataFrame:
    """What `featurize` and `backtest` hand over in files: of each month before the test what was known by then."""
    there = months_of(files.clean, declared.tables[0])
    columns = [*KEYS, *{**types, **declared.climate}]
    frames = build_months(
        declared, months, there, lambda table, month: read_parquet(part(files.clean, table, month)), hours
    )
    return pd.concat([frame[columns] for _, frame in frames], ignore_index=True)


def _said(month: Month, declared: FeatureSet) -> pd.DataFrame:
    rates = climatology(month.known, declared.climate).predict(month.rows)
    return month.said().assign(**{REFERENCE: rates.round(DIGITS)})
