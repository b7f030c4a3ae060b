"""verb -> stages/<verb>.py or actions/<verb>.py, given its own sections of params.yaml and the files of this folder."""

import argparse
import ast
import errno
import importlib
import logging
import os
import shlex
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from ontime import params
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files

HOME = Path(__file__).parent
GROUPS = ("data", "db")  # first words of verbs of two words
ALLOW = "run as its owner, allow it (chmod u+rwX), or copy the checkout to a place of your own"
UNWRITABLE = {
    errno.EACCES: ALLOW,
    errno.EPERM: ALLOW,
    errno.EROFS: "this place is read-only: copy the checkout to one that can be written",
    errno.ENOSPC: "make room, or use another disk",
    errno.EDQUOT: "make room within your quota, or use another disk",
}
TITLES = {
    "stages": "stages, which write the record; `dvc repro` runs those that are out of date:",
    "actions": "\nactions, which you run when you want them; nothing is cached:",
}
HELP_WIDTH = 100
INTERRUPTED = 130  # what a shell says of a command that Ctrl-C ended: 128 + SIGINT


def verbs() -> dict[str, Path]:
    """Every verb and the module that does it, stages first; nothing is imported."""
    return {
        path.stem: path
        for folder in ("stages", "actions")
        for path in sorted((HOME / folder).glob("*.py"))
        if not path.stem.startswith("_")
    }


def words_of(verb: str) -> list[str]:
    """How a verb is typed: `data_verify` as `data verify`; `ci_report`, where no group is named, `ci-report`."""
    group, _, rest = verb.partition("_")
    return [group, rest.replace("_", "-")] if group in GROUPS and rest else [verb.replace("_", "-")]


def verb_of(words: Sequence[str]) -> str | None:
    """The verb that a command line begins with, None where it begins with none."""
    for verb in verbs():
        typed = words_of(verb)
        if list(words[: len(typed)]) == typed:
            return verb
    return None


def main(dataset: Dataset, arguments: Sequence[str] | None = None) -> int:
    """Run one verb on the files of the current folder.

    Returns the exit code: 0, 1 after an error that is shown, INTERRUPTED after Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = vars(_parser(dataset, verb_of(words)).parse_args(words))
    verb = options.pop("verb")
    name = " ".join(words_of(verb))
    logging.basicConfig(format=f"{name}: %(message)s", level=logging.INFO, stream=sys.stderr)
    files = Files()
    try:
        _require_root(Path.cwd())
        sections = {section: params.load(files.params, section) for section in sections_of(verbs()[verb])}
        _module(verb).run(dataset, files, **sections, **options)
        sys.stdout.flush()
    except OntimeError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` or a pager, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its end
        return 1
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        print(f"{name}: {_unwritable(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _require_root(folder: Path) -> None:
    """Raises OntimeError where a folder is not the root of a checkout: paths and git's answers would be of another."""
    here = Files(folder)
    if here.params.exists():
        return
    above = (Files(parent) for parent in folder.parents)
    root = next((files.root for files in above if files.params.exists() and files.pipeline.exists()), None)
    if root:
        raise OntimeError(f"this is a folder inside of the checkout: run it in its root: cd {shlex.quote(str(root))}")
    names = f"{here.pipeline.name} and {here.params.name}"
    raise OntimeError(f"{here.params.name} is missing, here and above: run from the folder that holds {names}")


def _unwritable(error: OSError) -> str:
    """What the system does not let us read or write, and what to do."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror}: {UNWRITABLE[error.errno or 0]}"


def sections_of(module: Path) -> list[str]:
    """The sections of params.yaml that a verb reads: the arguments of its `run` after the dataset and the files."""
    return [argument.arg for argument in _function(module, "run").args.args[2:]]


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"ontime.{verbs()[verb].parent.name}.{verb}")


def _function(module: Path, name: str) -> ast.FunctionDef:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)


def _parser(dataset: Dataset, chosen: str | None) -> argparse.ArgumentParser:
    """The verbs, and the arguments of the one that was chosen: only its module is imported."""
    parser = argparse.ArgumentParser(
        prog=dataset.name,
        usage=f"{dataset.name} [-h] <verb> ...",
        description="Run one stage or action in the current folder. `<verb> --help` says more of one.",
        epilog=_verbs_in_words(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listed = {"help": argparse.SUPPRESS, "prog": dataset.name}  # the epilog lists them, stages and actions apart
    groups = {"": parser.add_subparsers(required=True, metavar="<verb>", **listed)}
    for verb, path in verbs().items():
        about = _about(path)
        *first, word = words_of(verb)
        group = "".join(first)
        if group not in groups:
            named = groups[""].add_parser(group)
            groups[group] = named.add_subparsers(required=True, metavar="<verb>")
        command = groups[group].add_parser(word, help=about, description=about + _params_read(path))
        command.set_defaults(verb=verb)
        if verb == chosen:
            module = _module(verb)
            if hasattr(module, "arguments"):
                module.arguments(command)
    return parser


def _about(module: Path) -> str:
    return ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""


def _verbs_in_words() -> str:
    """Every verb and what it does, stages and actions apart."""
    lines: list[str] = []
    for folder, title in TITLES.items():
        lines += [title, *(_verb_in_words(verb, path) for verb, path in verbs().items() if path.parent.name == folder)]
    return "\n".join(lines)


def _verb_in_words(verb: str, module: Path) -> str:
    indent = " " * 16
    name = f"  {' '.join(words_of(verb))}".ljust(len(indent))
    return textwrap.fill(_about(module), HELP_WIDTH, initial_indent=name, subsequent_indent=indent)


def _params_read(module: Path) -> str:
    """A sentence with the params that a verb reads, by their full names."""
    keys = [f"{name}.{key}" for name in sections_of(module) for key in params.SECTIONS[name].__annotations__]
    return f" Reads of params.yaml: {', '.join(keys)}." if keys else ""
