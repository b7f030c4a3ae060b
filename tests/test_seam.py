"""The machinery knows no dataset: none of its words, and another one runs through it, in a real `dvc repro`."""

import json
import re
import shutil
from pathlib import Path

import pytest
from repositories import REPOSITORY, run
from toy import TOY

from ontime.flights import FLIGHTS

WORDS = re.compile(
    r"flight|carrier|airport|airline|aircraft|\bplanes?\b|tailnum|weather|\bwind\b|\borigin|\bdest\b(?!=)|destination|"
    r"\bEWR|\bJFK|\bLGA",
    re.IGNORECASE,
)
TOY_LINES = 220
BACK = "git checkout params.yaml dvc.lock metrics && dvc checkout"


def test_no_word_of_the_dataset_in_the_machinery(repository: Path):
    source = repository / "src/ontime"
    texts = [*source.rglob("*.py"), *source.rglob("*.j2")]
    machinery = [path for path in texts if "flights" not in path.parts]
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in machinery
        if path not in {source / "__init__.py", source / "__main__.py"}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if WORDS.search(line)
    ]
    assert not found
    assert len(machinery) > 15


def test_the_second_dataset_is_small_and_shares_only_the_columns_of_the_seam(repository: Path):
    text = "".join(path.read_text() for path in (repository / "tests/toy").glob("*.py"))
    assert len(text.splitlines()) <= TOY_LINES
    assert not WORDS.search(text)
    columns = [{name for table in dataset.tables for name in table.columns} for dataset in (FLIGHTS, TOY)]
    assert columns[0] & columns[1] == {"id", "day"}


def test_another_dataset_runs_through_dvc_and_a_second_run_does_nothing(toy: Path):
    """The first run is the fixture's."""
    record = json.loads((toy / "metrics/validate/metrics.json").read_text())
    assert record["rows"] == {"depots": 2, "parcels": 2400}
    lock = (toy / "dvc.lock").read_bytes()
    second = run("dvc", "repro", folder=toy)
    assert "up to date" in second.stdout, second.stderr
    assert (toy / "dvc.lock").read_bytes() == lock


def shorten(folder: Path, *targets: str) -> None:
    """Run the second dataset up to April, and go back to what is committed."""
    done = run("dvc", "exp", "run", "-S", "fetch.until=2020-04", *targets, folder=folder)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads((folder / "metrics/validate/metrics.json").read_text())["rows"]["parcels"] == 1600
    assert json.loads((folder / "metrics/audit/audit.json").read_text())["published"]["complete"] is False
    assert run("bash", "-c", BACK, folder=folder).returncode == 0


def test_a_shorter_dataset_is_a_real_one(toy: Path):
    shorten(toy, "audit")


@pytest.mark.nightly
def test_a_shorter_dataset_runs_through_every_stage(toy: Path):
    shorten(toy)


def test_a_stop_under_dvc_writes_nothing_and_the_way_back_is_the_documented_one(toy: Path):
    params = toy / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace('release: "1"', 'release: "2"'))
    source = toy / "toy/source.py"
    source.write_text(source.read_text().replace('["NORTH", "SOUTH"]', '["NORTH", "NORTH"]'))
    done = run("dvc", "repro", folder=toy)
    assert done.returncode != 0
    assert "depots, depot, rule key_unique: 2 of 2 rows share 1 key with different values" in done.stderr
    assert "`make back`" in (REPOSITORY / "CONTRIBUTING.md").read_text()
    (toy / ".ci").mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / ".ci/back", toy / ".ci")
    done = run("bash", "-c", "git checkout toy && .ci/back", folder=toy)
    assert (done.returncode, "not made here" in done.stdout) == (0, False), done.stderr
    assert "up to date" in run("dvc", "status", folder=toy).stdout
    assert (toy / "data/clean/depots.parquet").exists()


def test_an_experiment_runs_only_what_it_must_and_can_be_applied(spine: Path):
    done = run("dvc", "exp", "run", "-S", "features.lead_hours=3", "-n", "lead3", folder=spine)
    assert done.returncode == 0, done.stderr
    assert [f"Stage '{stage}' didn't change, skipping" in done.stdout for stage in ("fetch", "validate")] == [
        True,
        True,
    ]
    assert "python -m toy featurize" in done.stdout
    assert run("bash", "-c", BACK, folder=spine).returncode == 0
    assert run("dvc", "exp", "apply", "lead3", folder=spine).returncode == 0
    assert "lead_hours: 3" in (spine / "params.yaml").read_text()
    assert "up to date" in run("dvc", "repro", folder=spine).stdout
