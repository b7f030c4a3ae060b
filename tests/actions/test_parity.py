"""`ontime parity` as people run it: 0 where all rows agree, 1 where one differs or nothing was shown."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from repositories import REPOSITORY, call
from toy import TOY

from ontime.dataset.features import column_names
from ontime.io.month_files import part
from ontime.io.paths import Files
from ontime.service.service import SWITCH

DAY = ("--month", "2020-06", "--days", "1", "--only", "shuffled")


@pytest.fixture
def folder(toy_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The second dataset with all it made, to be changed; its processes find it."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "tests"))
    for name in ("data", "params.yaml", "dvc.yaml"):
        copy = shutil.copytree if (toy_made / name).is_dir() else shutil.copy
        copy(toy_made / name, tmp_path / name)
    return tmp_path


def changed(folder: Path, **columns: object) -> None:
    """The features of batch with other values in some columns."""
    path = part(Files(folder).features, "2020-06", None)
    path.chmod(0o644)
    pd.read_parquet(path).assign(**columns).to_parquet(path)


def test_all_rows_agree_also_where_the_service_is_killed(folder: Path):
    for way in ("shuffled", "restarted"):
        done = call(TOY, "parity", *DAY[:-1], way, folder=folder)
        assert done.returncode == 0, done.stderr
        agree, rows = done.stdout.split(": ")[1].split(" rows agree")[0].split(" of ")
        assert agree == rows != "0"


def test_a_feature_that_differs_is_named_and_ends_with_1(folder: Path):
    column = column_names(TOY.features.asof[0])[0]
    features = pd.read_parquet(part(Files(folder).features, "2020-06", None))
    changed(folder, **{column: (features[column] + 1).astype(features[column].dtype)})
    done = call(TOY, "parity", *DAY, folder=folder)
    assert done.returncode == 1
    assert column in done.stdout
    assert "not answered as batch answers" in done.stderr


def test_where_climatology_answers_all_nothing_is_shown_and_it_ends_with_1(folder: Path):
    (Files(folder).bundle.parent / SWITCH).touch()
    done = call(TOY, "parity", *DAY, folder=folder)
    assert done.returncode == 1
    assert "shuffled: 0 of" in done.stdout
    assert "expected rows that the model answers, found none" in done.stderr


def test_where_no_row_falls_due_it_ends_with_1(folder: Path):
    path = part(Files(folder).features, "2020-06", None)
    features = pd.read_parquet(path)
    path.chmod(0o644)
    features.head(0).to_parquet(path)
    done = call(TOY, "parity", *DAY, folder=folder)
    assert done.returncode == 1
    assert "no row of 2020-06 falls due in its first 1 day" in done.stderr
