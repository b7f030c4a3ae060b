"""A bundle and a store -> answers over HTTP as of now, from messages as they come; it survives a restart."""

import argparse
import logging
from pathlib import Path

from ontime.dataset.dataset import Dataset
from ontime.io.paths import Files
from ontime.params import Costs, Features, Policy
from ontime.service.store.opening import DEFAULT_URL

log = logging.getLogger(__name__)

PORT = 8000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, what answers, and what time it is."""
    parser.add_argument("--host", default="127.0.0.1", help="another address needs keys; without, %(default)s")
    parser.add_argument("--port", type=int, default=PORT, help="0 for any that is free; without, %(default)s")
    parser.add_argument("--store", default=DEFAULT_URL, metavar="URL", help=f"its database; else {DEFAULT_URL}")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="what answers; without, data/models/bundle")
    parser.add_argument(
        "--clock",
        choices=("wall", "events"),
        default="wall",
        help="whose time it is: that of the wall, or that of the heartbeats, for messages that are replayed",
    )


def run(
    dataset: Dataset,
    files: Files,
    features: Features,
    policy: Policy,
    costs: Costs,
    *,
    host: str,
    port: int,
    store: str,
    bundle: Path | None,
    clock: str,
) -> None:
    """Answer until it is ended. Raises OntimeError where the store is not ready, or the address needs keys."""
    from ontime.service.run import serve  # noqa: PLC0415 - what answers over HTTP, which --help does without
    from ontime.service.service import Settings  # noqa: PLC0415

    settings = Settings(bundle or files.bundle, features.lead_hours, policy.silent_hours, costs, clock)
    serve(dataset, settings, store, host, port)
