"""Commits whose files lay side by side in metrics/, and whose params had older names, are read as those of today."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from repositories import REPOSITORY, call, commit, run
from ruamel.yaml import YAML
from toy import TOY

from ontime.io.paths import Files, Place
from ontime.repo import old_layout
from ontime.repo.revisions import dvc_diff

pytestmark = pytest.mark.needs("git", "git")

# Of the stages that these tests keep: the folder of each and what it holds now -> the names in the old layout.
BEFORE = {
    "metrics/validate": {"metrics.json": "validate.json", "*": "validate_{name}"},
    "metrics/backtest": {"months.csv": "backtest.csv"},
    "metrics/evaluate": {
        "metrics.json": "evaluate.json",
        "intervals.json": "intervals.json",
        "baselines.json": "baselines.json",
        "headline.png": "evaluate.png",
        "*": "evaluate_{name}",
    },
}
HIGHER = 0.01


def name_before(path: str) -> str:
    """The name that a path had; its own, where it has none other."""
    folder, _, name = path.rpartition("/")
    names = BEFORE.get(folder, {"*": f"{folder.removeprefix('metrics').strip('/')}/{{name}}"})
    return f"metrics/{names.get(name, names.get('*', '')).format(name=name)}"


def to_old_layout(folder: Path) -> None:
    """Files, pipeline, lock and params as an earlier commit would have them."""
    moved = {}
    for place in BEFORE:
        files = sorted(path.relative_to(folder).as_posix() for path in (folder / place).iterdir())
        moved[place] = {path: name_before(path) for path in files}
        for path, before in moved[place].items():
            (folder / path).rename(folder / before)
        (folder / place).rmdir()
    names = {path: before for files in moved.values() for path, before in files.items()}
    yaml = YAML()
    pipeline = yaml.load((folder / "dvc.yaml").read_text())
    for stage in pipeline["stages"].values():
        stage["deps"] = [path for dep in stage["deps"] for path in moved.get(dep, {dep: dep}).values()]
        stage["outs"] = [out for entry in stage["outs"] for out in outs_before(entry, moved)]
    pipeline["metrics"] = [names[path] for path in pipeline["metrics"]]
    for plot in pipeline["plots"]:
        for content in plot.values():
            content["y"] = {names[path]: column for path, column in content["y"].items()}
    with (folder / "dvc.yaml").open("w") as file:
        yaml.dump(pipeline, file)
    rename_params(folder / "params.yaml")


def outs_before(entry: Any, moved: dict[str, dict[str, str]]) -> list[Any]:
    path, options = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
    return [{name: options} for name in moved[path].values()] if path in moved else [entry]


def rename_params(path: Path) -> None:
    yaml = YAML()
    params = yaml.load(path.read_text())
    for now, before in old_layout.PARAMS.items():
        section, key = now.split(".")
        params[section][before.split(".")[1]] = params[section].pop(key)
    with path.open("w") as file:
        yaml.dump(params, file)


def rewrite(path: Path, change: float) -> None:
    """Another ROC AUC in a record."""
    content = json.loads(path.read_text())
    content["roc_auc"] = round(content["roc_auc"] + change, 6)
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


@pytest.fixture(scope="module")
def history(spine: Path) -> Path:
    """The second dataset, run; the commit before it, tagged `old`, has the old layout and a lower ROC AUC."""
    assert run("git", "tag", "now", folder=spine).returncode == 0
    to_old_layout(spine)
    rewrite(spine / "metrics/evaluate.json", -HIGHER)
    done = run("dvc", "commit", "--force", folder=spine)
    assert done.returncode == 0, done.stderr
    commit(spine)
    assert run("git", "tag", "old", folder=spine).returncode == 0
    assert run("git", "read-tree", "-u", "--reset", "now", folder=spine).returncode == 0
    commit(spine)
    return spine


def printed(folder: Path, *words: str) -> str:
    done = call(TOY, *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def roc_auc(folder: Path, revision: str, path: str) -> float:
    return json.loads(run("git", "show", f"{revision}:{path}", folder=folder).stdout)["roc_auc"]


def test_the_table_names_files_and_params_of_today():
    paths = {place.path for place in vars(Files).values() if isinstance(place, Place)}
    assert set(old_layout.PATHS) <= paths
    sections = YAML(typ="safe").load((REPOSITORY / "params.yaml").read_text())
    keys = {f"{section}.{key}" for section, values in sections.items() for key in values}
    assert set(old_layout.PARAMS) <= keys
    assert not keys & set(old_layout.PARAMS.values())


def test_a_metric_of_both_layouts_is_one_change_and_renamed_params_are_none(
    history: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(history)
    old, new = (
        roc_auc(history, "old", "metrics/evaluate.json"),
        roc_auc(history, "HEAD", "metrics/evaluate/metrics.json"),
    )
    changes = dvc_diff("metrics", "old", "HEAD")
    assert list(changes) == ["metrics/evaluate/metrics.json"]
    assert changes["metrics/evaluate/metrics.json"] == {
        "roc_auc": {"old": old, "new": new, "diff": pytest.approx(HIGHER)}
    }
    assert dvc_diff("params", "old", "HEAD") == {}
    assert dvc_diff("metrics", "HEAD", "old")["metrics/evaluate/metrics.json"]["roc_auc"]["old"] == new


def test_a_report_of_both_layouts_has_metrics_with_their_intervals_and_says_which_pictures_are_of_one(history: Path):
    printed(history, "ci-report", "old", "HEAD")
    page = (history / ".ontime/report/report.md").read_text()
    metrics, params = page.split("### Metrics\n")[1].split("### Params\n")
    assert [line.split(" | ")[0] for line in metrics.splitlines() if line.startswith("| `")] == ["| `roc_auc`"]
    assert metrics.count(" to ") == 2, "each value stands beside its interval"
    assert "Nothing changed." in params.split("###")[0]
    assert (
        "Of `old` alone, since the other side has no such plot, or draws it from another file: `backtest.png`." in page
    )


def test_a_lineage_of_the_old_layout_has_its_metrics_by_the_name_of_that_time(history: Path):
    old, now = (json.loads(printed(history, "lineage", revision, "--json")) for revision in ("old", "HEAD"))
    assert old["metrics"] == now["metrics"] | {"path": "metrics/intervals.json"}
    assert old["model"]["hash"] == now["model"]["hash"]


def test_what_dvc_moves_is_compared_across_layouts(history: Path):
    assert printed(history, "compare", "old", "HEAD").splitlines()[-1] == "HEAD: no difference shown"
    assert (
        printed(history, "data", "diff", "old", "HEAD") == "data/clean, old -> HEAD: the same, 7 files of equal hash\n"
    )


def test_the_table_of_experiments_shows_the_metrics_of_both_layouts(history: Path):
    makefile = (REPOSITORY / "Makefile").read_text()
    recipe = re.search(r"^experiments:.*\n\t(.*)", makefile, re.MULTILINE)
    hidden = re.search(r"^HIDDEN := (.*)", makefile, re.MULTILINE)
    assert recipe
    assert hidden
    command = recipe[1].replace("$(HIDDEN)", hidden[1].replace("$$", "$")).replace("COLUMNS=120", "COLUMNS=400")
    alone, both = (run("bash", "-c", f"{command} {more}", folder=history) for more in ("", "-n 2"))
    assert (alone.returncode, both.returncode) == (0, 0), both.stderr
    assert "old" not in alone.stdout
    columns = both.stdout.splitlines()[1].split()[1:]
    names = ("backtest_log_loss", "backtest_roc_auc", "roc_auc")
    files = ("metrics/evaluate/metrics.json", "metrics/evaluate.json")
    assert [column for column in columns if ":" in column] == [f"{file}:{name}" for file in files for name in names]
