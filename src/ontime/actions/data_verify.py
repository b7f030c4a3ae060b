"""Workspace, cache and remote -> is the content of every output what dvc.lock says? Each file that is not, by name."""

import argparse
import logging
import sys

from tqdm import tqdm

from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.io.hashes import Watch
from ontime.io.paths import Files
from ontime.repo.dvc_adapter import Output, Repository, open_repository
from ontime.repo.repair import remedies, repair_local, repair_remote
from ontime.repo.verification import (
    Contents,
    Verification,
    read_workspace,
    verify_cache,
    verify_remote,
    verify_workspace,
)

log = logging.getLogger(__name__)
SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look."""
    parser.add_argument("--remote", action="store_true", help="read every object of the remote, too")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="put right what is wrong here with a good copy from the workspace, the cache or the remote; with --remote "
        "also send again, from the cache, what is wrong there",
    )


def run(dataset: Dataset, files: Files, *, remote: bool, repair: bool) -> None:
    """Read everything, trusting no note of DVC's. Raises OntimeError where anything is not what dvc.lock says."""
    with (
        open_repository(files.root) as repository,
        tqdm(unit="B", unit_scale=True, desc="data verify", disable=None) as progress,
    ):
        outputs = repository.outputs()
        contents = read_workspace(repository, outputs, progress.update)
        places = _verify(repository, outputs, contents, progress.update, remote=remote)
        if repair and any(verification.wrong for verification in places.values()):
            _repair(repository, contents, places)
            contents = read_workspace(repository, outputs, progress.update)
            places = _verify(repository, outputs, contents, progress.update, remote=remote)
        command = f"{dataset.name} data verify"
        lines = [f"  {line}" for line in remedies(repository, contents, places, command, repaired=repair)]
    for name, verification in places.items():
        if verification.wrong or name != "cache":
            print(
                f"{verification.place}: {_summary(verification)}", file=sys.stderr if verification.wrong else sys.stdout
            )
    if any(verification.wrong for verification in places.values()):
        raise OntimeError("\n".join(["not everything is what dvc.lock says. To put it right, run:", *lines]))


def _verify(
    repository: Repository, outputs: list[Output], contents: Contents, watch: Watch, *, remote: bool
) -> dict[str, Verification]:
    places = {
        "workspace": verify_workspace(repository, contents),
        "cache": verify_cache(repository, outputs, watch),
    }
    return places | ({"remote": verify_remote(repository, outputs, watch)} if remote else {})


def _repair(repository: Repository, contents: Contents, places: dict[str, Verification]) -> None:
    replaced, unread = repair_local(repository, contents)
    if unread:
        log.warning("%s", unread)
    if replaced:
        print(f"replaced {replaced} files of the workspace by good copies")
    wrong = places["remote"].wrong if "remote" in places else []
    if wrong:
        print(f"sent again {repair_remote(repository, wrong)} objects of {len(wrong)} that were wrong")


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
