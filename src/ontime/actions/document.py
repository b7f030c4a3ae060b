"""The contract and the features -> their dictionaries, docs/data.md and docs/features.md."""

import logging

from ontime.core.features.table import declared_features
from ontime.core.report.dictionaries import data_dictionary, feature_dictionary
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import write_text
from ontime.io.paths import Files

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files) -> None:
    """Write the dictionaries anew."""
    write_text(data_dictionary(dataset.tables), files.data_dictionary)
    write_text(feature_dictionary(declared_features(dataset.features)), files.feature_dictionary)
    log.info("wrote %s and %s", files.data_dictionary, files.feature_dictionary)
