"""Versions of the data, as docs/versions.md makes and uses them; tables and a model opened at a revision."""

import json
import re
import shutil
import sys
from pathlib import Path

import dvc.api
import pandas as pd
import pytest
from repositories import REPOSITORY, commit, run

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

TESTS = str(REPOSITORY / "tests")
PAGE = (REPOSITORY / "docs/versions.md").read_text()
NOTEBOOK = REPOSITORY / "docs/open.ipynb"


def commands(heading: str) -> list[str]:
    """The commands below a heading of the page, with the name and with two months of the second dataset."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    block = section.partition("```console\n")[2].partition("```")[0]
    lines = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    typed = [re.sub(r"^make data-version UNTIL=(\S+)", r".ci/data-version \1", line) for line in lines]
    typed = [re.sub(r"^ontime ", "python -m toy ", line) for line in typed]
    ours = {"2013-06": "2020-04", "2013-07": "2020-05"}
    return [re.sub("|".join(ours), lambda match: ours[match[0]], line) for line in typed]


def shell(line: str, folder: Path) -> str:
    done = run("bash", "-c", line, folder=folder, PYTHONPATH=TESTS)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def stored(storage: Path) -> set[str]:
    return {path.relative_to(storage).as_posix() for path in storage.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def owner(toy: Path) -> Path:
    """The second dataset, run and committed, with a folder as its remote and the script that makes versions."""
    (toy / ".ci").mkdir()
    shutil.copy(REPOSITORY / ".ci/data-version", toy / ".ci")
    assert run("dvc", "remote", "add", "-d", "storage", "../storage", folder=toy).returncode == 0
    for key in ("name", "email"):
        assert run("git", "config", f"user.{key}", "test", folder=toy).returncode == 0
    commit(toy)
    return toy


@pytest.fixture(scope="module")
def versions(owner: Path) -> dict[str, str]:
    """What the page's commands print, run where the data is kept."""
    before = [run("git", *words, folder=owner).stdout for words in (("rev-parse", "HEAD"), ("branch", "--list"))]
    printed = {line.partition("  ")[0]: shell(line, owner) for line in commands("Versions of the data")}
    after = [run("git", *words, folder=owner).stdout for words in (("rev-parse", "HEAD"), ("branch", "--list"))]
    assert before == after
    assert run("git", "status", "--porcelain", folder=owner).stdout == ""
    assert "up to date" in run("dvc", "status", folder=owner).stdout
    return printed


@pytest.fixture(scope="module")
def other(owner: Path, versions: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """Another repository beside a clone without data of the first, in which the page's commands have been run."""
    folder = tmp_path_factory.mktemp("others") / "other"
    folder.mkdir()
    assert run("git", "clone", "-q", owner, folder.parent / "ontime", folder=folder).returncode == 0
    shutil.copytree(owner.parent / "storage", folder.parent / "storage")
    for command in (("git", "init", "-q"), ("dvc", "init", "-q"), ("dvc", "config", "core.analytics", "false")):
        assert run(*command, folder=folder).returncode == 0
    for line in commands("From another repository"):
        shell(line, folder)
    return folder


def test_a_version_holds_the_tables_up_to_its_month_and_nothing_computed_from_others(
    owner: Path, versions: dict[str, str]
):
    assert "data@2020-04 is commit" in versions[".ci/data-version 2020-04"]
    lock = run("git", "show", "data@2020-04:dvc.lock", folder=owner).stdout
    assert re.findall(r"^  (\w+):$", lock, re.MULTILINE) == ["fetch", "validate"]
    assert "until: 2020-04" in run("git", "show", "data@2020-04:params.yaml", folder=owner).stdout
    listed = run("git", "ls-tree", "-r", "--name-only", "data@2020-04", "metrics", folder=owner).stdout.split()
    assert listed
    assert all(name.startswith("metrics/validate") for name in listed)
    done = run(sys.executable, "-m", "toy", "lineage", "data@2020-04", folder=owner, PYTHONPATH=TESTS)
    assert "no stage in dvc.lock of data@2020-04 makes data/models/bundle" in done.stderr


def test_two_versions_differ_by_their_month(versions: dict[str, str]):
    printed = versions["python -m toy data diff data@2020-04 data@2020-05"]
    assert "parcels: 4 months are the same\n  2020-05 added, 400 rows, beside 400 of 2020-04\n" in printed


def test_a_later_version_pushes_its_own_files_and_no_others(versions: dict[str, str]):
    # Twice a month's file and the list of all months; what else was broken is the same: nothing.
    assert "4 files pushed" in versions["git checkout data@2020-05 && dvc push; git checkout -"]


@pytest.mark.usefixtures("versions")
def test_a_version_of_months_that_are_stored_adds_two_lists_of_files_and_no_file(owner: Path):
    storage = owner.parent / "storage"
    before = stored(storage)
    shell(".ci/data-version 2020-03", owner)
    shell("git checkout data@2020-03 && dvc push; git checkout -", owner)
    new = stored(storage) - before
    folders = {path for path in new if path.endswith(".dir")}
    assert (len(folders), new - folders) == (2, set())


@pytest.mark.usefixtures("versions")
def test_a_version_that_is_there_stays(owner: Path):
    before = run("git", "rev-parse", "data@2020-04", folder=owner).stdout
    assert "data@2020-04 is there: commit" in shell(".ci/data-version 2020-04", owner)
    assert run("git", "rev-parse", "data@2020-04", folder=owner).stdout == before


@pytest.mark.usefixtures("versions")
def test_what_cannot_be_a_version_changes_nothing(owner: Path):
    tags = run("git", "tag", folder=owner).stdout
    for month, reason in (("June", "UNTIL must be a month"), ("", "UNTIL must be a month"), ("2019-01", "parcels")):
        done = run(".ci/data-version", month, folder=owner)
        assert done.returncode != 0
        assert reason in done.stderr + done.stdout
    (owner / "params.yaml").write_text((owner / "params.yaml").read_text().replace("leaves: 4", "leaves: 5"))
    done = run(".ci/data-version", "2020-02", folder=owner)
    assert run("git", "checkout", "params.yaml", folder=owner).returncode == 0
    assert done.returncode == 1
    assert "commit or stash your changes first" in done.stderr
    assert " M params.yaml" in done.stderr
    assert run("git", "tag", folder=owner).stdout == tags
    assert run("git", "status", "--porcelain", folder=owner).stdout == ""


def test_another_repository_gets_imports_and_updates_a_version(other: Path):
    months = [f"2020-0{number}.parquet" for number in range(1, 6)]
    assert sorted(path.name for path in (other / "june/parcels").iterdir()) == months[:4]
    assert sorted(path.name for path in (other / "tables/parcels").iterdir()) == months
    noted = (other / "tables.dvc").read_text()
    assert "url: ../ontime" in noted
    assert "rev: data@2020-05" in noted
    assert pd.read_parquet(other / "tables/parcels/2020-05.parquet")["id"].is_unique


def test_a_table_of_a_version_can_be_opened_where_it_is(other: Path):
    path, where = "data/clean/parcels/2020-04.parquet", str(other.parent / "ontime")
    with dvc.api.open(path, repo=where, rev="data@2020-04", mode="rb") as content:
        assert pd.read_parquet(content).equals(pd.read_parquet(other / "june/parcels/2020-04.parquet"))
    files = dvc.api.DVCFileSystem(where, rev="data@2020-04")
    assert path in files.find("data/clean")
    assert path.replace("04", "05") not in files.find("data/clean")


def test_the_notebook_opens_a_table_and_a_model_and_predicts_in_ten_lines(owner: Path, tmp_path: Path):
    notebook = json.loads(NOTEBOOK.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines() if line]
    assert len(lines) == 10
    assert [(cell["outputs"], cell["execution_count"]) for cell in cells] == [([], None)] * len(cells)
    given = cells[0]["source"][0].replace('".."', repr(str(owner))).replace("2013-10", "2020-05")
    cells[0]["source"] = [given]
    (tmp_path / "open.ipynb").write_text(json.dumps(notebook))
    done = run("jupyter", "execute", "open.ipynb", "--output=done", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    shown = "".join(cells[-1]["outputs"][-1]["data"]["text/plain"])
    assert "[400 rows x 3 columns]" in shown
    assert re.search(r"^0 +2020-05-01/0 +0\.\d+ ", shown, re.MULTILINE)
