"""`ontime compare` and `ontime ci-report`: two revisions or experiments, on the rows that both predicted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from repositories import REPOSITORY, call, commit, run
from small_pipeline import cut, flip, object_of, replace, replace_read_only
from toy import TOY

from ontime.actions.ci_report import report_folder
from ontime.core.report.review import MARKER
from ontime.errors import OntimeError
from ontime.io.paths import Files

pytestmark = pytest.mark.needs("git", "git")


COLORS = ("#945dd6", "#13adc7")  # DVC's, of the first and of the second revision


def toy_verb(folder: Path, *words: str):
    return call(TOY, *words, folder=folder)


def compare(folder: Path, *revisions: str):
    return toy_verb(folder, "compare", *revisions)


def drawn(picture: Path, color: str) -> int:
    """How many pixels of a picture have a color."""
    near = np.abs(imread(picture)[:, :, :3] - np.array(to_rgb(color))) < 0.02
    return int(near.all(axis=2).sum())


@pytest.fixture(scope="module")
def compared(spine: Path) -> Path:
    """The second dataset, run and committed; an experiment `blunt` that cannot learn; a workspace as committed."""
    done = run("dvc", "exp", "run", "-S", "train.max_rounds=1", "-S", "train.leaves=2", "-n", "blunt", folder=spine)
    assert done.returncode == 0, done.stderr
    back = "git checkout params.yaml dvc.lock metrics && dvc checkout"
    assert run("bash", "-c", back, folder=spine).returncode == 0
    return spine


def test_an_experiment_that_cannot_learn_is_worse_and_the_other_way_round_better(compared: Path):
    worse, better = compare(compared, "HEAD", "blunt"), compare(compared, "blunt", "HEAD")
    first, *_, last = worse.stdout.splitlines()
    assert (first.startswith("blunt minus HEAD, on "), last) == (True, "blunt: worse"), worse.stderr
    assert better.stdout.splitlines()[-1] == "HEAD: better"
    assert "1,200 rows of" in better.stdout
    assert "(90% intervals about other months)" in better.stdout


def test_the_same_revision_shows_no_difference_to_the_workspace(compared: Path):
    done = compare(compared, "workspace", "HEAD")
    assert done.stdout.splitlines()[-1] == "HEAD: no difference shown"
    assert "log_loss  +0.00000   +0.00000 to +0.00000" in done.stdout


def test_an_unknown_name_says_where_names_come_from(compared: Path):
    done = compare(compared, "nonsense", "HEAD")
    assert done.returncode == 1
    assert "'nonsense' is no revision and no experiment here" in done.stderr
    assert "dvc exp pull <git remote> nonsense" in done.stderr


def test_a_revision_without_data_says_how_to_get_it(compared: Path):
    first = run("git", "rev-list", "--max-parents=0", "HEAD", folder=compared).stdout.strip()
    done = compare(compared, first, "HEAD")
    assert done.returncode == 1
    assert f"data/backtest.parquet of {first[:7]} cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


def test_backtests_of_other_data_have_no_row_in_common(compared: Path):
    path = compared / "data/backtest.parquet"
    frame = pd.read_parquet(path)
    path.unlink()
    frame.assign(id="other-" + frame["id"]).to_parquet(path)
    done = compare(compared, "workspace", "HEAD")
    assert run("dvc", "checkout", "--force", folder=compared).returncode == 0
    assert done.returncode == 1
    assert "have no row in common" in done.stderr


@pytest.mark.parametrize("harm", [cut, flip], ids=["cut", "flipped"])
def test_a_backtest_whose_object_is_broken_is_refused_and_no_verdict_is_given(harm, compared: Path):
    place = object_of(compared, "data/backtest.parquet")
    content = place.read_bytes()
    try:
        harm(place)
        done, report = compare(compared, "HEAD", "workspace"), toy_verb(compared, "ci-report", "HEAD", "blunt")
    finally:
        replace_read_only(place, content)
    assert (done.returncode, done.stdout) == (1, "")
    for words in ("data/backtest.parquet of ", "of the cache is broken", f"rm -f {place.relative_to(compared)}"):
        assert words in done.stderr
    page = (compared / ".ontime/report/report.md").read_text()
    assert report.returncode == 1
    for text in (report.stderr, page):
        assert "of the cache is broken" in text
    assert "## `blunt` beside `HEAD`: no verdict" in page


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda whole: whole[:1000], "data/backtest.parquet of the workspace cannot be read as Parquet ("),
        (lambda _: b"", "cannot be read as Parquet ("),
        (lambda _: b"id,day\n", "cannot be read as Parquet ("),
    ],
    ids=["cut", "empty", "CSV"],
)
def test_a_broken_backtest_of_the_workspace_is_told_in_words(content, says: str, compared: Path):
    path = compared / "data/backtest.parquet"
    before = path.read_bytes()
    replace(path, content(before))
    done = compare(compared, "workspace", "HEAD")
    assert run("dvc", "checkout", "--force", folder=compared).returncode == 0
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "data verify --repair" in done.stderr


def test_a_backtest_without_its_columns_says_which(compared: Path):
    path = compared / "data/backtest.parquet"
    frame = pd.read_parquet(path).drop(columns="probability")
    path.unlink()
    frame.to_parquet(path)
    done = compare(compared, "workspace", "HEAD")
    assert run("dvc", "checkout", "--force", folder=compared).returncode == 0
    assert (
        "data/backtest.parquet of the workspace: expected columns probability, which are not among id, day"
        in done.stderr
    )


def test_without_git_or_a_commit_no_revision_is_called_unknown(tmp_path: Path):
    (tmp_path / "params.yaml").write_text((REPOSITORY / "tests/toy/params.yaml").read_text())
    assert "git says: fatal: not a git repository" in compare(tmp_path, "HEAD", "workspace").stderr
    assert run("git", "init", "-q", folder=tmp_path).returncode == 0
    assert "Nothing is committed here yet" in compare(tmp_path, "HEAD", "workspace").stderr


def test_in_a_shallow_clone_a_revision_that_is_not_there_is_cut_off(compared: Path, tmp_path: Path):
    assert run("git", "clone", "-q", "--depth", "1", compared.as_uri(), "clone", folder=tmp_path).returncode == 0
    for words in (
        ("compare", "HEAD~1", "HEAD"),
        ("ci-report", "origin/other", "HEAD"),
        ("data", "diff", "HEAD~1", "HEAD"),
    ):
        done = toy_verb(tmp_path / "clone", *words)
        assert done.returncode == 1
        assert "This clone is shallow: its history is cut off at " in done.stderr
        assert "`git fetch --unshallow` brings the rest" in done.stderr
    done = toy_verb(tmp_path / "clone", "sweep")
    assert done.returncode == 1
    assert "which DVC loses" in done.stderr


def made_anew(lock: Path, stage: str, out: str) -> None:
    """As if a stage had made another output, and no stage after it had run."""
    lines = lock.read_text().splitlines(keepends=True)
    place = lines.index(f"  {stage}:\n")
    for wanted in ("    outs:\n", f"    - path: {out}\n"):
        place = lines.index(wanted, place)
    place = next(number for number in range(place, len(lines)) if "md5: " in lines[number])
    lines[place] = lines[place].partition("md5: ")[0] + f"md5: {'0' * 32}.dir\n"
    lock.write_text("".join(lines))


@pytest.mark.parametrize(
    ("stage", "out", "words", "again"),
    [
        ("validate", "data/clean", ("compare", "HEAD", "HEAD~1"), "backtest"),
        ("validate", "data/clean", ("compare", "HEAD~1", "workspace"), "backtest"),
        ("validate", "data/clean", ("ci-report", "HEAD", "HEAD~1"), "backtest"),
        ("validate", "data/clean", ("ci-report", "HEAD~1", "HEAD"), "backtest"),
        ("fetch", "data/raw", ("compare", "HEAD", "HEAD~1"), "backtest"),
        ("fetch", "data/raw", ("data", "diff", "HEAD", "HEAD~1"), "validate"),
    ],
)
def test_what_is_older_than_what_it_is_made_of_is_refused_and_says_what_to_run(
    stage: str, out: str, words: tuple[str, ...], again: str, compared: Path, tmp_path: Path
):
    clone = tmp_path / "clone"
    assert run("git", "clone", "-q", compared, clone, folder=tmp_path).returncode == 0
    assert run("dvc", "cache", "dir", "--local", compared / ".dvc/cache", folder=clone).returncode == 0
    made_anew(clone / "dvc.lock", stage, out)
    commit(clone)
    done = toy_verb(clone, *words)
    pages = [path.read_text() for path in clone.glob(".ontime/report/*.md")]
    text = "".join([done.stdout, done.stderr, *pages])
    assert done.returncode == (words[0] != "ci-report"), text
    assert "is older than what it is made of (" in text
    assert f"with {again} for its target" in text
    assert "byte for byte" not in text


def test_a_report_says_what_compare_says_and_what_git_shows(compared: Path):
    done = toy_verb(compared, "ci-report", "HEAD", "blunt")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "blunt is worse than HEAD: .ontime/report/report.md\n"
    page = (compared / ".ontime/report/report.md").read_text()
    assert page.startswith(f"{MARKER}\n\n## `blunt` is worse than `HEAD`\n")
    lines = [line.split() for line in compare(compared, "HEAD", "blunt").stdout.splitlines() if line.startswith("  ")]
    assert len(lines) == 3
    for _, value, low, _, high in lines:
        assert f"| {value} | {low} to {high} |" in page
    assert "| `train.max_rounds` | `40` | `1` |" in page
    metric = page.split("| `backtest_roc_auc` | ")[1].splitlines()[0]
    assert metric.count(" to ") == 2, "each value stands beside its interval"
    assert "| `train` | its params | another `data/models/candidate`, `metrics/train` |" in page
    assert "`fetch`" not in page
    assert '<img alt="ROC AUC by month" src="backtest.png"' in page
    assert min(drawn(compared / ".ontime/report/backtest.png", color) for color in COLORS) > 10


def test_a_report_of_equal_results_needs_no_data_and_links_where_its_pictures_will_be(compared: Path):
    commit(compared)
    place = "https://pictures.test/abc/"
    done = toy_verb(compared, "ci-report", "HEAD~1", "HEAD", "--folder", "made/report", "--pictures", place)
    assert done.stdout == "HEAD predicts what HEAD~1 predicts: made/report/report.md\n", done.stderr
    page = (compared / "made/report/report.md").read_text()
    assert "are the same, byte for byte" in page
    assert page.count("Nothing changed.") == 4
    assert "<details><summary>The same in both: 1</summary>" in page
    assert f'src="{place}backtest.png"' in page
    assert sorted(path.name for path in (compared / "made/report").iterdir()) == ["backtest.png", "report.md"]


def test_a_report_without_data_says_why_and_still_holds_what_git_shows(compared: Path, tmp_path: Path):
    clone = tmp_path / "clone"
    assert run("git", "clone", "-q", compared, clone, folder=tmp_path).returncode == 0
    assert run("git", "fetch", "-q", "origin", "refs/exps/*:refs/exps/*", folder=clone).returncode == 0
    done = toy_verb(clone, "ci-report", "HEAD", "blunt")
    assert done.returncode == 0, done.stderr
    page = (clone / ".ontime/report/report.md").read_text()
    assert "## `blunt` beside `HEAD`: no verdict" in page
    assert "could not be compared: data/backtest.parquet of " in page
    assert "fetch it with `dvc pull`" in page
    assert "| `train.max_rounds` | `40` | `1` |" in page
    assert "| `roc_auc` | " in page


def test_a_report_replaces_nothing_but_a_report(tmp_path: Path):
    files = Files(tmp_path / "checkout")
    kept, page = files.root / "kept", files.root / "kept/report.md"
    kept.mkdir(parents=True)
    for folder, says in ((kept, "holds more than"), (files.root, "holds more than"), (tmp_path, "outside")):
        with pytest.raises(OntimeError, match=says):
            report_folder(files, folder)
    page.write_text("of something else")
    with pytest.raises(OntimeError, match="holds more than"):
        report_folder(files, kept)
    page.write_text(f"{MARKER}\n")
    (kept / "roc.png").touch()
    assert report_folder(files, kept) == kept
    assert report_folder(files, files.root / "new/one") == files.root / "new/one"
    (kept / "notes.txt").touch()
    with pytest.raises(OntimeError, match="holds more than"):
        report_folder(files, kept)
