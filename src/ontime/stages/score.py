"""data/raw/ as messages, the bundle -> data/scores.parquet: the test window as `predict` answers it, or an error."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ontime.core.features.table import months_needed
from ontime.core.model.split import split_months
from ontime.core.robustness.laws import same_features, same_probabilities
from ontime.core.serving.batch import OnFeatures
from ontime.core.serving.messages import predicted_messages, to_feeds
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.answer_files import read_predictor, read_terms, write_answers
from ontime.io.atomic import stage_draft
from ontime.io.foreign_files import read_foreign
from ontime.io.formats import read_parquet, write_parquet
from ontime.io.month_files import months, part, parts_below
from ontime.io.paths import Files
from ontime.params import Features, Split, Validate

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, validate: Validate, features: Features, split: Split) -> None:
    """Answer from messages. Raises OntimeError unless features and probabilities are those of the pipeline, exactly."""
    tested = split_months(months(files.features), split).test
    needed = {name for month in tested for name in months_needed(dataset.features, month, features.lead_hours)}
    with stage_draft(files, "score", files.scores) as draft:
        messages = draft.root / "messages"
        _write_messages(dataset, files, messages, needed)
        terms = read_terms(dataset, files, messages, files.bundle)
        compare = _features_comparison(files)
        predictor = read_predictor(dataset, files, messages, terms, validate.max_quarantined, compare)
        count = write_answers(predictor, _rows(dataset, messages, tested), draft.scores)
        _compare_probabilities(read_parquet(draft.scores), read_parquet(files.predictions))
    log.info("%s rows, answered from messages as they were from the tables", f"{count:,}")


def _write_messages(dataset: Dataset, files: Files, folder: Path, wanted: set[str]) -> None:
    """The raw tables of those months as the messages that would have made them."""
    declarations = {declared.table: declared for declared in dataset.messages}
    forms = {table.name: table for table in dataset.tables}
    for table, month in parts_below(files.raw):
        if month is None:
            write_parquet(read_foreign(forms[table], part(files.raw, table, None)), part(folder, table, None))
        elif month in wanted and table in declarations:
            raw = read_foreign(forms[table], part(files.raw, table, month))
            for feed, messages in to_feeds(declarations[table], raw).items():
                write_parquet(messages, part(folder, feed, month))


def _rows(dataset: Dataset, folder: Path, wanted: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The keys of every row of those months."""
    declared = predicted_messages(dataset)
    first = next(iter(declared.feeds))
    for month in wanted:
        yield read_parquet(part(folder, first, month), declared.key)


def _features_comparison(files: Files) -> OnFeatures:
    """What holds the features of a month against those that the model was tested on."""

    def compare(month: str, table: pd.DataFrame) -> None:
        stored = read_parquet(part(files.features, month, None))
        if table["id"].tolist() != stored["id"].tolist():
            raise OntimeError(f"{month} from messages has other rows than {files.features}: run dvc repro score")
        verdict = same_features("", "", table[list(stored)], stored)
        if not verdict.holds or (table[list(stored)].dtypes != stored.dtypes).any():
            raise OntimeError(f"{month} from messages is not {files.features}: {verdict.observed}")

    return compare


def _compare_probabilities(scores: pd.DataFrame, predictions: pd.DataFrame) -> None:
    probability = scores.set_index("id")["probability"].reindex(predictions["id"])
    verdict = same_probabilities("", "", probability.to_numpy(), predictions["probability"].to_numpy())
    if not verdict.holds:
        raise OntimeError(f"probabilities are not those of evaluate: {verdict.observed} of {verdict.rows:,}")
