"""DVC, as far as this project knows it: stages, files of a commit, objects of a cache or a remote.

Only this module imports DVC, whose classes may change: tests/repo/test_dvc_adapter.py says what is relied on.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ontime.errors import OntimeError
from ontime.io.hashes import FOLDER

if TYPE_CHECKING:  # DVC takes most of a second to import: each function imports what it needs
    from dvc.api import DVCFileSystem
    from dvc.repo import Repo

OBJECTS = "/files/md5"  # below a remote's address


class UnavailableError(OntimeError):
    """A file of a revision that is in none of git, the workspace, the cache and the remote."""


class Output(NamedTuple):
    """An output as dvc.lock names it: its path, its hash (none: never run), whether DVC moves it, and its stage."""

    path: str
    md5: str | None
    moved: bool
    stage: str


class DeclaredParams(NamedTuple):
    """What a stage reads of a params file: the keys in dvc.yaml, their values in dvc.lock, and their values now."""

    file: str
    keys: list[str]
    recorded: Mapping[str, Any]
    current: Mapping[str, Any]


@dataclass(frozen=True)
class DeclaredStage:
    """A stage of dvc.yaml, held against dvc.lock.

    deps, outs: path -> 'modified', 'deleted' (is not there) or 'new' (is not in dvc.lock); empty where it agrees.
    """

    command_changed: bool
    deps: Mapping[str, str]
    outs: Mapping[str, str]
    params: list[DeclaredParams]


class Objects:
    """What a cache or a remote holds, by MD5."""

    def __init__(self, database: Any) -> None:  # noqa: ANN401 - a DVC object database
        self._database = database

    def place(self, md5: str) -> str:
        """The path or key of an object."""
        return self._database.oid_to_path(md5)

    def open(self, md5: str) -> BinaryIO:
        """The content of an object. Raises OSError where it cannot be read."""
        return self._database.fs.open(self.place(md5), "rb")

    def read(self, md5: str) -> bytes | None:
        """The content of an object; None where it is not there, or is not what its hash says."""
        try:
            content: bytes = self._database.fs.cat_file(self.place(md5))
        except OSError:
            return None
        return content if hashlib.md5(content).hexdigest() == md5.removesuffix(FOLDER) else None  # noqa: S324 - DVC's hash

    def holds(self, md5: str) -> bool:
        """Whether an object is there, whatever its content."""
        return self._database.exists(md5)

    def remove(self, md5: str) -> None:
        """Take an object away; nothing where it is not there."""
        if self.holds(md5):
            self._database.delete(md5)

    def replace_from(self, other: Objects, md5: str) -> None:
        """Put here what another place holds, whatever was here before."""
        self.remove(md5)
        self._database.add(other.place(md5), other._database.fs, md5)

    def replace_by_file(self, path: Path, md5: str) -> None:
        """Put here what a file holds, whatever was here before."""
        from dvc.fs import LocalFileSystem  # noqa: PLC0415

        self.remove(md5)
        self._database.add(str(path.resolve()), LocalFileSystem(), md5)

    def replace_by_bytes(self, content: bytes, md5: str) -> None:
        """Put this here, whatever was here before."""
        self.remove(md5)
        self._database.add_bytes(md5, content)

    def require_answer(self) -> None:
        """Let the place list what it holds: nothing is an answer. Raises what DVC and the libraries below it raise."""
        try:
            self._database.fs.ls(self._database.path.removesuffix(OBJECTS), detail=False)
        except FileNotFoundError as error:
            if error.__cause__ is not None or self._database.fs.protocol == "local":
                raise


class Repository:
    """A DVC repository, as it is or as it was at a commit."""

    def __init__(self, repo: Repo, commit: str | None) -> None:
        self._repo, self._commit = repo, commit
        self.cache = Objects(repo.cache.local)

    def stages(self) -> dict[str, DeclaredStage]:
        """Every stage of dvc.yaml, in its order, by name.

        Of a commit, what DVC moves is in no tree of git: it is not looked at, and agrees.
        """
        unseen = {output.path for output in self.outputs() if output.moved} if self._commit else set()
        return {stage.name: _declared(stage, unseen) for stage in self._stages()}

    def stage_names(self) -> list[str]:
        """The names of the stages, in the order of dvc.yaml; no file is looked at."""
        return [_name(stage) for stage in self._stages()]

    def _stages(self) -> list[Any]:
        return [stage for stage in self._repo.index.stages if hasattr(stage, "name")]

    def outputs(self) -> list[Output]:
        """Every output of every stage, in the order of dvc.yaml."""
        return [
            Output(out.def_path, out.hash_info.value or None, bool(out.use_cache), _name(out.stage))
            for out in self._repo.index.outs
        ]

    def files_of(self, output: Output) -> Iterator[tuple[str, Path]]:
        """Name within the output (empty for a file) and path of what is there, without what DVC ignores."""
        path = Path(self._repo.root_dir) / output.path
        if path.is_file():
            yield "", path
        elif path.is_dir():
            files = sorted(Path(name) for name in self._repo.dvcignore.find(self._repo.fs, str(path)))
            yield from ((file.relative_to(path).as_posix(), file) for file in files)

    def checkout(self, paths: Sequence[str]) -> None:
        """Put into the workspace, from the cache, outputs or files of them that are not there."""
        self._repo.drop_data_index()  # the lists of folders that DVC has noted, broken ones too
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what DVC calls, and we cannot mend
            self._repo.checkout(targets=list(paths))

    def remote_address(self) -> tuple[str | None, str | None]:
        """The name of the remote that is used where none is named, and its address."""
        name = self._repo.config["core"].get("remote")
        return name, self._repo.config["remote"].get(name, {}).get("url")

    def remote(self) -> Objects:
        """The objects of that remote. Raises what DVC and the libraries below it raise."""
        return Objects(self._repo.cloud.get_remote_odb())


@contextmanager
def open_repository(root: Path = Path(), commit: str | None = None) -> Iterator[Repository]:
    """The DVC repository around a folder, as it is or as it was at a commit.

    Raises OntimeError where DVC cannot read it.
    """
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.repo import Repo  # noqa: PLC0415

    try:
        with Repo(str(root), rev=commit) as repo:
            yield Repository(repo, commit)
    except DvcException as error:
        raise OntimeError(f"dvc.yaml and dvc.lock of {in_words(commit)} cannot be read: {error}") from error


def in_words(commit: str | None) -> str:
    """What to call a commit; none is the workspace."""
    return commit[:7] if commit else "the workspace"


def _name(stage: Any) -> str:  # noqa: ANN401 - a DVC stage
    return getattr(stage, "name", "") or stage.addressing  # a .dvc file has none


def _declared(stage: Any, unseen: set[str]) -> DeclaredStage:  # noqa: ANN401 - DVC's PipelineStage
    params = [dep for dep in stage.deps if hasattr(dep, "params")]
    files = [dep for dep in stage.deps if not hasattr(dep, "params")]
    return DeclaredStage(
        command_changed=stage.cmd_changed,
        deps={entry.def_path: _status(entry, unseen) for entry in files},
        outs={entry.def_path: _status(entry, unseen) for entry in stage.outs},
        params=[
            DeclaredParams(entry.def_path, list(entry.params), entry.hash_info.value or {}, entry.read_params())
            for entry in params
        ],
    )


def _status(entry: Any, unseen: set[str]) -> str:  # noqa: ANN401 - DVC's Output or Dependency
    if entry.def_path in unseen:
        return ""
    return ", ".join(entry.workspace_status().values()) if entry.hash_info else "new"  # which DVC calls modified


@contextmanager
def available() -> Iterator[None]:
    """What DVC raises inside, where a file cannot be had, comes as UnavailableError."""
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc_data.index.index import DataIndexDirError  # noqa: PLC0415

    try:
        yield
    except (DvcException, DataIndexDirError, OSError) as error:
        raise UnavailableError(str(error)) from error


def files_at(commit: str | None) -> DVCFileSystem:
    """The files of the workspace, or of a commit, those among them that DVC moves."""
    from dvc.api import DVCFileSystem  # noqa: PLC0415

    return _files_of_commit(Path.cwd(), commit) if commit else DVCFileSystem(".")


@cache
def _files_of_commit(root: Path, commit: str) -> DVCFileSystem:
    from dvc.api import DVCFileSystem  # noqa: PLC0415

    return DVCFileSystem(str(root), rev=commit)


def local_remote(name: str) -> dict[str, str]:
    """What .dvc/config.local, which git does not see, says of a remote."""
    from dvc.config import Config  # noqa: PLC0415

    return Config(".dvc").load_one("local").get("remote", {}).get(name, {})


def set_local_remote(name: str, settings: Mapping[str, str] | None) -> None:
    """Let .dvc/config.local say this of a remote; None: nothing any more."""
    from dvc.config import Config  # noqa: PLC0415

    with Config(".dvc").edit("local") as config:
        if settings is None:
            config.get("remote", {}).pop(name, None)
        else:
            config["remote"][name] = dict(settings)
