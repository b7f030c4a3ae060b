"""The store of the service -> at the schema that this code needs; made where there is none."""

import argparse

from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files
from ontime.service.store.opening import DEFAULT_URL
from ontime.service.store.schema import upgrade_schema
from ontime.service.store.tables import HEAD


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which store."""
    parser.add_argument("--store", default=DEFAULT_URL, metavar="URL", help=f"its database; else {DEFAULT_URL}")


def run(dataset: Dataset, files: Files, *, store: str) -> None:  # noqa: ARG001
    """Raises OntimeError where it cannot be written, or a server has it."""
    before = upgrade_schema(store)
    print(f"schema {HEAD}, as before" if before == HEAD else f"schema {HEAD}; before: {before or 'none'}")
