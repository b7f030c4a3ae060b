"""Does the store of the service have the schema that this code needs?"""

import argparse

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.service.store.opening import DEFAULT_URL
from ontime.service.store.schema import stored_schema
from ontime.service.store.tables import HEAD


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which store."""
    parser.add_argument("--store", default=DEFAULT_URL, metavar="URL", help=f"its database; else {DEFAULT_URL}")


def run(dataset: Dataset, files: Files, *, store: str) -> None:  # noqa: ARG001
    """Raises OntimeError where it does not."""
    schema = stored_schema(store)
    if schema != HEAD:
        raise OntimeError(f"expected schema {HEAD}, found {schema or 'none'}: run {dataset.name} db upgrade")
    print(f"schema {HEAD}, as this code needs")
