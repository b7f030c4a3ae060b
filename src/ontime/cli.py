"""verb -> stages/<verb>.py or actions/<verb>.py, given its own sections of params.yaml and the files of this folder."""

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
        sections = {name: params.load(files.params, name) for name in sections_of(verbs()[verb])}
        module = importlib.import_module(f"ontime.{verbs()[verb].parent.name}.{verb}")
        module.run(dataset, files, **sections)
    except OntimeError as error:
        print(f"{verb}: {error}", file=sys.stderr)
        return 1
    return 0


def sections_of(module: Path) -> list[str]:
    """The sections of params.yaml that a verb reads: the arguments of its `run` after the dataset and the files."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    run = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    return [argument.arg for argument in run.args.args[2:]]


def _parser(dataset: Dataset) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {dataset.name}",
        description="Run one stage or action in the current folder. Stages are run for you by `dvc repro`, which "
        "leaves out what is up to date.",
    )
    commands = parser.add_subparsers(dest="verb", required=True, metavar="<verb>")
    for verb, path in verbs().items():
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        keys = [f"{name}.{key}" for name in sections_of(path) for key in params.SECTIONS[name].__annotations__]
        reads = f" Reads of params.yaml: {', '.join(keys)}." if keys else ""
        commands.add_parser(verb, help=about, description=about + reads)
    return parser
