"""Workspace and remote -> is the content of every output what dvc.lock says? Each file that is not, by name."""

import argparse
import sys

from tqdm import tqdm

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.paths import Files
from ontime.repo.storage import Checked, check_remote, check_workspace, opened, outputs, repair_remote

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
    with opened(files.root) as repo, tqdm(unit="B", unit_scale=True, desc="data verify", disable=None) as progress:
        wanted = outputs(repo)
        checks = {"workspace": check_workspace(repo, wanted, progress.update)}
        if remote:
            checks["remote"] = check_remote(repo, wanted, progress.update)
        if repair and (wrong := checks["remote"].wrong):
            print(f"sent again {repair_remote(repo, wrong)} objects of {len(wrong)} that were wrong")
            checks["remote"] = check_remote(repo, wanted, progress.update)
    for checked in checks.values():
        print(f"{checked.place}: {_summary(checked)}", file=sys.stderr if checked.wrong else sys.stdout)
    if steps := [f"  {place}: {STEPS[place]}" for place, checked in checks.items() if checked.wrong]:
        raise OntimeError("\n".join(["not everything is what dvc.lock says", *steps]))


def _summary(checked: Checked) -> str:
    read = f"{checked.files} files, {checked.size / 1e6:,.1f} MB"
    if not checked.size:
        return "holds nothing of what dvc.lock names"
    if not checked.wrong:
        return f"{read}, all as dvc.lock says"
    lines = [f"  {one.file}: {one.problem}" for one in checked.wrong[:SHOWN]]
    more = [f"  and {len(checked.wrong) - SHOWN} more"] if len(checked.wrong) > SHOWN else []
    return "\n".join([f"{len(checked.wrong)} wrong, of what dvc.lock names ({read} read)", *lines, *more])
