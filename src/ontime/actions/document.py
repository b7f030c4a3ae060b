"""The contract -> docs/data.md, the data dictionary."""

import logging

from ontime.core.dictionary import data_dictionary
from ontime.dataset import Dataset
from ontime.files import Files, write_text

log = logging.getLogger(__name__)


def run(dataset: Dataset, params: None, files: Files) -> None:  # noqa: ARG001 - every verb is called alike
    """Write the dictionaries anew."""
    write_text(data_dictionary(dataset.tables), files.data_dictionary)
    log.info("wrote %s", files.data_dictionary)
