"""The recipes of docs/experiments.md and CONTRIBUTING, run as they are written, on the second dataset."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from repositories import REPOSITORY, commit, run

pytestmark = pytest.mark.needs("git", "git")

PAGE = (REPOSITORY / "docs/experiments.md").read_text()
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()
RECIPES = re.findall(r"<!-- run: (\w+) -->\n+```console\n(.*?)```", PAGE, re.DOTALL)
BACK = "git checkout params.yaml dvc.lock metrics && dvc checkout"
AUTHOR = {f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def typed(recipe: str) -> list[str]:
    """The commands of a recipe."""
    return re.findall(r"^\$ (.*?)(?:  +#.*)?$", recipe, re.MULTILINE)


def recipe_after(heading: str) -> list[str]:
    """The commands of CONTRIBUTING's first recipe below a heading."""
    return typed(CONTRIBUTING.split(f"## {heading}\n")[1].split("```")[1])


def do(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """What is typed in a shell, with the second dataset's program in the place of ours."""
    ours = {r"\bontime ": "python -m toy ", r"\bmake back\b": ".ci/back", r" evaluate$": ""}
    for word, own in ours.items():
        command = re.sub(word, own, command)
    done = run("bash", "-c", command, folder=folder, **environment(folder))
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    return done


def environment(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(REPOSITORY / "tests"), "URL": str(folder.parent / "origin.git"), **AUTHOR}


@pytest.fixture(scope="module")
def team(fresh_toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git remote `origin.git`, a DVC remote, and two clones: `mine`, where everything was run, and `colleague`.

    Of the stages those up to `backtest`: experiments here are run to be kept, exchanged and thrown away.
    """
    folder = tmp_path_factory.mktemp("team")
    pipeline = fresh_toy / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().split("  evaluate:\n")[0])
    shutil.copy(REPOSITORY / ".dvc/config", fresh_toy / ".dvc/config")
    (fresh_toy / ".ci").mkdir()
    shutil.copy(REPOSITORY / ".ci/back", fresh_toy / ".ci")
    do(fresh_toy, f"dvc remote modify storage url {folder / 'storage'}")
    (folder / "storage").mkdir()
    do(fresh_toy, "dvc repro")
    commit(fresh_toy)
    do(folder, f"git clone -q --bare {fresh_toy} origin.git")
    for name in ("mine", "colleague"):
        do(folder, f"git clone -q origin.git {name}")
    shutil.copytree(fresh_toy / ".dvc/cache", folder / "mine/.dvc/cache")
    do(folder / "mine", "dvc checkout")
    return folder


@pytest.fixture
def copy(team: Path, tmp_path: Path) -> Path:
    """A clone with all data, for itself."""
    do(tmp_path, f"git clone -q {team / 'origin.git'} copy")
    shutil.copytree(team / "mine/.dvc/cache", tmp_path / "copy/.dvc/cache")
    do(tmp_path / "copy", "dvc checkout")
    return tmp_path / "copy"


def test_every_recipe_of_the_page_works_as_written_and_two_clones_exchange_an_experiment(team: Path):
    printed: dict[str, str] = {}
    wheres = [where for where, _ in RECIPES]
    assert wheres == ["mine", "mine", "nightly", "elsewhere", "mine", "colleague", "colleague", "mine"]
    (team / "elsewhere").mkdir()
    do(team / "mine", "dvc push")
    for where, recipe in RECIPES:
        if where == "nightly":
            continue
        if where == "elsewhere":
            do(team / where, " && ".join(typed(recipe)).replace('"$URL"', str(team / "origin.git")))
            continue
        for command in typed(recipe):
            printed[f"{where}: {command}"] = do(team / where, command).stdout
    compared = [printed[f"{where}: ontime compare HEAD fast"] for where in ("mine", "colleague")]
    assert compared[0] == compared[1]
    assert compared[0].splitlines()[-1].startswith("fast: ")
    assert "fast" in printed["colleague: dvc exp list origin"]
    assert "learning_rate: 0.3" in (team / "colleague/params.yaml").read_text()
    assert do(team / "colleague", "git rev-parse --abbrev-ref try-fast").stdout == "try-fast\n"
    assert "up to date" in do(team / "colleague", "dvc status").stdout
    assert "fast" not in do(team / "mine", "dvc exp list origin").stdout
    fresh = team / "elsewhere/fresh/data"
    assert (fresh / "backtest.parquet").exists()
    assert not (fresh / "raw").exists()


@pytest.mark.nightly
def test_the_queue_runs_a_grid_with_two_workers(copy: Path):
    recipe = next(recipe for where, recipe in RECIPES if where == "nightly")
    for command in typed(recipe):
        do(copy, command)
    done = do(copy, "dvc queue logs --help && while dvc queue status | grep -qE 'Queued|Running'; do sleep 1; done")
    assert done.returncode == 0
    assert do(copy, "dvc queue status").stdout.count("Success") == 4


def test_a_conflict_in_the_lock_is_resolved_as_contributing_says(copy: Path):
    do(copy, "git checkout -q -b other-branch")
    set_and_commit(copy, "leaves: 4", "leaves: 3")
    do(copy, "git checkout -q - && dvc checkout")
    set_and_commit(copy, "patience: 5", "patience: 4")
    merge, *steps = recipe_after("When dvc.lock is in conflict")
    assert merge == "git merge other-branch"
    done = run("bash", "-c", merge, folder=copy, **AUTHOR)
    assert "CONFLICT (content): Merge conflict in dvc.lock" in done.stdout
    for step in steps:
        do(copy, step)
    assert "up to date" in do(copy, "dvc status").stdout
    assert do(copy, "git status --porcelain").stdout == ""
    params = (copy / "params.yaml").read_text()
    assert ("leaves: 3" in params, "patience: 4" in params) == (True, True)


def set_and_commit(folder: Path, before: str, after: str) -> None:
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace(f"  {before}\n", f"  {after}\n"))
    do(folder, "dvc repro")
    commit(folder)


def test_making_room_keeps_what_a_tag_or_an_experiment_needs(copy: Path):
    do(copy, "git tag data@2020-06 && dvc exp run -S train.learning_rate=0.3 -n fast backtest")
    do(copy, BACK)
    do(copy, "dvc exp run -S train.learning_rate=0.4 -n dropped backtest && dvc exp remove dropped")
    do(copy, BACK)
    set_and_commit(copy, "leaves: 4", "leaves: 3")
    before = objects(copy)
    dry, real = recipe_after("Make room")
    do(copy, dry)
    assert objects(copy) == before
    do(copy, real)
    assert objects(copy) < before
    for revision in ("data@2020-06", "fast", "HEAD"):
        do(copy, f"ontime compare HEAD {revision}")
    careless = real.replace(" --all-tags --all-experiments", "")
    do(copy, f"dvc remote modify --local storage url {copy.parent / 'nowhere'}")
    do(copy, careless)
    done = run("python", "-m", "toy", "compare", "fast", "HEAD", folder=copy, **environment(copy))
    assert done.returncode == 1
    assert "cannot be had" in done.stderr


def objects(folder: Path) -> set[str]:
    return {path.name for path in (folder / ".dvc/cache").rglob("*") if path.is_file()}


def test_upgrading_a_library_names_commands_that_exist():
    lock, *others = recipe_after("Change what is installed")
    assert lock == "make lock UPGRADE='--upgrade-package lightgbm'"
    assert re.search(r"^UPGRADE \?= --upgrade$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert "python .ci/differences.py HEAD" in others
