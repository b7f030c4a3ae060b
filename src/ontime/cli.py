"""verb -> stages/<verb>.py or actions/<verb>.py, given its own section of params.yaml and the files of this folder."""

import argparse
import ast
import importlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from ontime import params
from ontime.dataset import Dataset
from ontime.errors import OntimeError
from ontime.files import Files

HOME = Path(__file__).parent


def verbs() -> dict[str, Path]:
    """Every verb and the module that does it, stages first; nothing is imported."""
    return {
        path.stem: path
        for folder in ("stages", "actions")
        for path in sorted((HOME / folder).glob("*.py"))
        if path.stem != "__init__"
    }


def main(dataset: Dataset, arguments: Sequence[str] | None = None) -> int:
    """Run one verb on the files of the current folder. Returns the exit code: 0, or 1 after an error that is shown."""
    verb = _parser(dataset).parse_args(arguments).verb
    logging.basicConfig(format=f"{verb}: %(message)s", level=logging.INFO, stream=sys.stderr)
    files = Files()
    try:
        section = params.load(files.params, verb) if verb in params.SECTIONS else None
        module = importlib.import_module(f"ontime.{verbs()[verb].parent.name}.{verb}")
        module.run(dataset, section, files)
    except OntimeError as error:
        print(f"{verb}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser(dataset: Dataset) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {dataset.name}",
        description="Run one stage or action in the current folder. Stages are run for you by `dvc repro`, which "
        "leaves out what is up to date.",
    )
    commands = parser.add_subparsers(dest="verb", required=True, metavar="<verb>")
    for verb, path in verbs().items():
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        section = params.SECTIONS.get(verb)
        reads = f" Reads section '{verb}' of params.yaml: {', '.join(section.__annotations__)}." if section else ""
        commands.add_parser(verb, help=about, description=about + reads)
    return parser
