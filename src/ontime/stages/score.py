"""data/raw/ as messages, the candidate -> data/scores.parquet: the test window as `predict` answers it, or an error."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ontime.core.features.table import months_needed
from ontime.core.model.split import windows
from ontime.core.robustness.laws import same_features, same_probabilities
from ontime.core.serving.batch import Watch
from ontime.core.serving.messages import asked
from ontime.core.serving.messages import split as messages_of
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.formats import read_parquet, write_chunks, write_parquet
from ontime.io.paths import Files, months, part, parts
from ontime.io.scoring import answered, batch, terms
from ontime.params import Costs, Features, Split, Validate

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, validate: Validate, features: Features, split: Split, costs: Costs) -> None:
    """Answer from messages. Raises OntimeError unless features and probabilities are those of the pipeline, exactly."""
    tested = windows(months(files.features), split).test
    past = {each for month in tested for each in months_needed(dataset.features, month, features.lead_hours)}
    with files.whole("score", files.scores) as draft:
        folder = draft.root / "messages"
        _write_messages(dataset, files, folder, past)
        given = terms(dataset, files, folder, files.candidate, costs)
        door = batch(dataset, files, folder, given, validate.max_quarantined, _same_features_as(files))
        count = write_chunks(answered(door, _rows(dataset, folder, tested)), draft.scores)
        _same_probabilities(read_parquet(draft.scores), read_parquet(files.predictions))
    log.info("%s rows, answered from messages as they were from the tables", f"{count:,}")


def _write_messages(dataset: Dataset, files: Files, folder: Path, wanted: set[str]) -> None:
    """The raw tables of those months as the messages that would have made them."""
    declared = {one.table: one for one in dataset.messages}
    for table, month in parts(files.raw):
        if month is None:
            write_parquet(read_parquet(part(files.raw, table, None)), part(folder, table, None))
        elif month in wanted and table in declared:
            for feed, said in messages_of(declared[table], read_parquet(part(files.raw, table, month))).items():
                write_parquet(said, part(folder, feed, month))


def _rows(dataset: Dataset, folder: Path, wanted: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The keys of every row of those months."""
    declared = asked(dataset)
    first = next(iter(declared.feeds))
    for month in wanted:
        yield read_parquet(part(folder, first, month), declared.key)


def _same_features_as(files: Files) -> Watch:
    """What holds the features of a month against those that the model was tested on."""

    def watch(month: str, table: pd.DataFrame) -> None:
        stored = read_parquet(part(files.features, month, None))
        if table["id"].tolist() != stored["id"].tolist():
            raise OntimeError(f"{month} from messages has other rows than {files.features}: run dvc repro score")
        verdict = same_features("", "", table[list(stored)], stored)
        if not verdict.holds or (table[list(stored)].dtypes != stored.dtypes).any():
            raise OntimeError(f"{month} from messages is not {files.features}: {verdict.found}")

    return watch


def _same_probabilities(scores: pd.DataFrame, predictions: pd.DataFrame) -> None:
    said = scores.set_index("id")["probability"].reindex(predictions["id"])
    verdict = same_probabilities("", "", said.to_numpy(), predictions["probability"].to_numpy())
    if not verdict.holds:
        raise OntimeError(f"probabilities are not those of evaluate: {verdict.found} of {verdict.rows:,}")
