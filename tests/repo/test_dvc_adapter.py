"""What the adapter relies on in DVC, on a small real repository: where DVC changes it, these say so."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dvc
import pytest
from dvc.utils.serialize import parse_yaml
from repositories import REPOSITORY, commit, run
from ruamel.yaml import YAML, CParser
from small_pipeline import ONE, PIPELINE, head, md5, replace

from ontime.errors import OntimeError
from ontime.io.hashes import folder_md5
from ontime.repo import checked_files, dvc_adapter
from ontime.repo.dvc_adapter import Output, UnavailableError, open_repository

pytestmark = pytest.mark.needs("git", "git")


@contextmanager
def relied_on(what: str) -> Iterator[None]:
    """Any failure inside is one of DVC, in words."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a change of DVC raises
        place = "src/ontime/repo/dvc_adapter.py"
        pytest.fail(f"DVC {dvc.__version__} no longer does what {place} relies on, {what}: {error!r}")


@pytest.mark.usefixtures("repository")
def test_a_stage_has_deps_outs_and_params_with_what_is_recorded():
    with relied_on("what a stage declares and records"), open_repository() as opened:
        stages = opened.stages()
        assert list(stages) == ["make", "read@x", "read@y"] == opened.stage_names()
        assert (stages["make"].deps, stages["read@x"].deps) == ({"one.txt": ""}, {"data/table": ""})
        assert stages["make"].outs == {"data/table": "", "metrics/make": ""}
        assert not any(stage.command_changed for stage in stages.values())
        (params,) = stages["make"].params
        assert (params.file, params.keys) == ("params.yaml", ["section", "other.key"])
        assert params.recorded == {"section": {"list": [1, 2], "deep": {"value": "a"}}, "other.key": 1}
        assert params.current == params.recorded


def test_what_differs_from_the_lock_is_said_by_path_and_by_key(repository: Path):
    (repository / "one.txt").write_text("two\n")
    shutil.rmtree(repository / "data/table")
    (repository / "metrics/make/a.csv").write_text("two\n")
    (repository / "params.yaml").write_text("section: {list: [1], deep: {}}\nother: {free: 2}\n")
    (repository / "dvc.yaml").write_text(PIPELINE.replace("cp data/table/a", "cp -f data/table/a"))
    with relied_on("how a stage differs from dvc.lock"), open_repository() as opened:
        stages = opened.stages()
        assert stages["make"].deps == {"one.txt": "modified"}
        assert stages["make"].outs == {"data/table": "deleted", "metrics/make": "modified"}
        assert stages["read@x"].command_changed
        assert stages["make"].params[0].current == {"section": {"list": [1], "deep": {}}}
    (repository / "dvc.lock").unlink()
    with relied_on("what a stage is that never ran"), open_repository() as opened:
        assert (opened.stages()["read@x"].outs, opened.stages()["make"].deps) == ({"data/x": "new"}, {"one.txt": "new"})
        assert {output.md5 for output in opened.outputs()} == {None}


def test_of_a_commit_only_what_git_has_is_looked_at(repository: Path):
    before = head(repository)
    (repository / "one.txt").write_text("two\n")
    commit(repository)
    shutil.rmtree(repository / "data")
    with relied_on("a stage as it was at a commit"):
        with open_repository(commit=before) as opened:
            statuses = [{**stage.deps, **stage.outs} for stage in opened.stages().values()]
        assert {status for paths in statuses for status in paths.values()} == {""}
        with open_repository(commit=head(repository)) as opened:
            assert opened.stages()["make"].deps == {"one.txt": "modified"}


def test_outputs_are_named_with_their_hash_and_with_who_keeps_them(repository: Path):
    table, record = folder_md5({"a": md5(ONE)}), folder_md5({"a.csv": md5(ONE)})
    with relied_on("the outputs of the pipeline and the files below them"), open_repository() as opened:
        assert opened.outputs() == [
            Output("data/table", table, True, "make"),
            Output("metrics/make", record, False, "make"),
            Output("data/x", md5(ONE), True, "read@x"),
            Output("data/y", md5(ONE), True, "read@y"),
        ]
        (repository / ".dvcignore").write_text("*.tmp\n")
        (repository / "data/table/b.tmp").touch()
    with relied_on("which files DVC ignores"), open_repository() as opened:
        files = [list(opened.files_of(output)) for output in opened.outputs()]
        assert [[name for name, _ in output] for output in files] == [["a"], ["a.csv"], [""], [""]]
        assert all(path.read_bytes() == ONE for output in files for _, path in output)


def test_cache_and_remote_hold_objects_by_their_hash(repository: Path):
    one, table = md5(ONE), folder_md5({"a": md5(ONE)})
    with relied_on("the objects of the cache and of the remote"), open_repository() as opened:
        assert opened.remote_address() == ("storage", str(repository.parent / "remote"))
        cache, remote = opened.cache, opened.remote()
        remote.require_answer()
        assert cache.place(one) == str(repository / f".dvc/cache/files/md5/{one[:2]}/{one[2:]}")
        assert json.loads(remote.read(table) or b"") == [{"md5": one, "relpath": "a"}]
        assert cache.read(one) == ONE
        with remote.open(one) as content:
            assert content.read() == ONE
        replace(Path(remote.place(one)), b"broken")
        assert remote.read(one) is None
        remote.replace_from(cache, one)
        assert remote.read(one) == ONE
        Path(remote.place(one)).unlink()
        assert remote.read(one) is None
        with pytest.raises(FileNotFoundError):
            remote.open(one)
        shutil.rmtree(repository.parent / "remote")
        with pytest.raises(FileNotFoundError):
            remote.require_answer()


def test_files_of_a_commit_come_from_git_the_cache_or_the_remote(repository: Path):
    before = head(repository)
    (repository / "metrics/make/a.csv").write_text("changed")
    shutil.rmtree(repository / "data")
    with relied_on("the files of a commit"):
        assert checked_files.read_file(Path("metrics/make/a.csv"), before) == ONE
        assert checked_files.read_file(Path("metrics/make/a.csv"), None) == b"changed"
        assert checked_files.read_file(Path("data/table/a"), before) == ONE
        assert checked_files.files_below(Path("data/table"), before) == {"data/table/a": md5(ONE)}
        assert checked_files.files_below(Path("data/x"), before) == {"data/x": md5(ONE)}
        assert checked_files.files_below(Path("one.txt"), before) == {"one.txt": ""}
        assert checked_files.files_below(Path("nothing"), before) == {}


def test_files_of_a_commit_are_fetched_where_only_the_remote_has_them(repository: Path):
    shutil.rmtree(repository / ".dvc/cache")
    with relied_on("the files of a commit that only the remote has"):
        assert checked_files.read_file(Path("data/table/a"), head(repository)) == ONE


def test_what_cannot_be_had_is_an_error_of_ours(repository: Path):
    shutil.rmtree(repository / ".dvc/cache")
    shutil.rmtree(repository.parent / "remote")
    with relied_on("the errors of files that are nowhere"):
        for path in ("data/table/a", "data/x", "nothing"):
            with pytest.raises(UnavailableError):
                checked_files.read_file(Path(path), head(repository))
        with pytest.raises(UnavailableError):
            checked_files.files_below(Path("data/table"), head(repository))


def test_what_is_no_repository_or_has_no_pipeline_is_an_error_of_ours(repository: Path, tmp_path: Path):
    (repository / "dvc.lock").write_text("<<<<<<< HEAD\n")
    with relied_on("the errors of a repository"):
        with pytest.raises(OntimeError, match="of the workspace cannot be read: "), open_repository() as opened:
            opened.stages()
        with pytest.raises(OntimeError, match="not inside of a DVC repository"), open_repository(tmp_path):
            pass


def test_a_remote_is_set_where_git_does_not_see_it(repository: Path):
    with relied_on("its local configuration"):
        dvc_adapter.set_local_remote("storage", {"url": "s3://bucket", "access_key_id": "key"})
        assert dvc_adapter.local_remote("storage") == {"url": "s3://bucket", "access_key_id": "key"}
        with open_repository() as opened:
            assert opened.remote_address() == ("storage", "s3://bucket")
        assert run("git", "status", "--porcelain", folder=repository).stdout == ""
        dvc_adapter.set_local_remote("storage", None)
        assert dvc_adapter.local_remote("storage") == {}


def test_yaml_is_read_by_the_parser_in_c():
    """Without it every DVC command takes seconds: dvc.yaml and dvc.lock are read by a parser in Python."""
    parser = YAML(typ="safe").Parser
    assert parser is CParser, f"{parser}: install ruamel-yaml-clib, the extra `oldlibyaml` of ruamel-yaml"
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert re.search(r"^ruamel-yaml-clib==", lock, re.MULTILINE)
    assert "ruamel-yaml[oldlibyaml]" in (REPOSITORY / "pyproject.toml").read_text()
    with relied_on("which parser it uses"), pytest.MonkeyPatch.context() as patch:
        kinds: list[str] = []
        patch.setattr("ruamel.yaml.YAML", lambda typ: kinds.append(typ) or YAML(typ=typ))
        assert parse_yaml("a: 1", "dvc.yaml") == {"a": 1}
        assert kinds == ["safe"]
