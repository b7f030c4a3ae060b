"""Workspace and remote -> is the content of every output what dvc.lock says? Each file that is not, by name."""

import argparse
import sys

from tqdm import tqdm

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.repo.dvc_adapter import open_repository
from ontime.repo.verification import Verification, repair_remote, verify_remote, verify_workspace

SHOWN = 20
STEPS = {
    "workspace": "dvc checkout --force takes it from the cache, dvc pull --force from the remote, dvc repro makes it",
    "remote": "data verify --remote --repair sends it again from a cache that holds it; dvc push alone may not",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look."""
    parser.add_argument("--remote", action="store_true", help="read every object of the remote, too")
    parser.add_argument(
        "--repair", action="store_true", help="with --remote: send again, from the cache, what is wrong there"
    )


def run(dataset: Dataset, files: Files, *, remote: bool, repair: bool) -> None:  # noqa: ARG001
    """Read everything, trusting no note of DVC's. Raises OntimeError where anything is not what dvc.lock says."""
    if repair and not remote:
        raise OntimeError("--repair puts right a remote: add --remote")
    with (
        open_repository(files.root) as repository,
        tqdm(unit="B", unit_scale=True, desc="data verify", disable=None) as progress,
    ):
        outputs = repository.outputs()
        places = {"workspace": verify_workspace(repository, outputs, progress.update)}
        if remote:
            places["remote"] = verify_remote(repository, outputs, progress.update)
        if repair and places["remote"].wrong:
            wrong = places["remote"].wrong
            print(f"sent again {repair_remote(repository, wrong)} objects of {len(wrong)} that were wrong")
            places["remote"] = verify_remote(repository, outputs, progress.update)
    for verification in places.values():
        stream = sys.stderr if verification.wrong else sys.stdout
        print(f"{verification.place}: {_summary(verification)}", file=stream)
    steps = [f"  {place}: {STEPS[place]}" for place, verification in places.items() if verification.wrong]
    if steps:
        raise OntimeError("\n".join(["not everything is what dvc.lock says", *steps]))


def _summary(verification: Verification) -> str:
    read = f"{verification.files} files, {verification.size / 1e6:,.1f} MB"
    wrong = verification.wrong
    if not verification.size:
        return "holds nothing of what dvc.lock names"
    if not wrong:
        return f"{read}, all as dvc.lock says"
    lines = [f"  {file.file}: {file.problem}" for file in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(f"  and {len(wrong) - SHOWN} more")
    return "\n".join([f"{len(wrong)} wrong, of what dvc.lock names ({read} read)", *lines])
