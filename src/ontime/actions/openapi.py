"""The dataset's contract -> the OpenAPI document of its service, on standard output."""

import sys

from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files


def run(dataset: Dataset, files: Files) -> None:  # noqa: ARG001 - every verb gets them
    """Print the document. Raises OntimeError where the dataset declares no messages of its rows."""
    from ontime.service.openapi import openapi_document  # noqa: PLC0415 - what answers over HTTP

    sys.stdout.write(openapi_document(dataset))
