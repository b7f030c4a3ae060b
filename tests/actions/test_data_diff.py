"""`ontime data diff`: months by their hashes, then rows, columns, ranges and drift of those that differ."""

import gc
import json
import shutil
import weakref
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repositories import call, commit, run
from small_pipeline import cut, flip, replace, replace_read_only
from toy import TOY
from toy.contracts import PARCELS

from ontime.core.contract.columns import column_bins
from ontime.core.contract.table_diff import diff_table, match_rows, month_changes
from ontime.core.profiles.distances import bin_counts, psi_by_bin

pytestmark = pytest.mark.needs("git", "git")


def diff(folder: Path, *arguments: str):
    return call(TOY, "data", "diff", *arguments, folder=folder)


@pytest.fixture(scope="module")
def history(fresh_toy: Path) -> Path:
    """The second dataset's tables up to May, tagged `five`, and up to June, tagged `six`."""
    params = fresh_toy / "params.yaml"
    for tag, until in (("five", "2020-05"), ("six", "2020-06")):
        params.write_text(params.read_text().replace("until: 2020-06", f"until: {until}"))
        done = run("dvc", "repro", "validate", folder=fresh_toy)
        assert done.returncode == 0, done.stderr
        commit(fresh_toy)
        assert run("git", "tag", tag, folder=fresh_toy).returncode == 0
        params.write_text(params.read_text().replace("until: 2020-05", "until: 2020-06"))
    return fresh_toy


def month(folder: Path, name: str) -> Path:
    return folder / f"data/clean/parcels/2020-{name}.parquet"


def objects(folder: Path, *names: str) -> list[Path]:
    """Where the cache holds months of parcels."""
    listed = run("dvc", "ls", ".", "data/clean/parcels", "--rev", "six", "--show-hash", folder=folder)
    hashes = {line.split()[-1]: line.split()[0] for line in listed.stdout.splitlines()}
    wanted = [hashes[f"2020-{name}.parquet"] for name in names]
    return [folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:] for md5 in wanted]


def test_equal_data_says_so_in_one_line(history: Path):
    done = diff(history, "six", "workspace")
    assert done.stdout == "data/clean, six -> workspace: the same, 7 files of equal hash\n", done.stderr


def test_an_added_month_is_measured_against_the_one_before_it(history: Path):
    done = diff(history, "five", "six")
    assert "parcels: 5 months are the same\n  2020-06 added, 400 rows, beside 400 of 2020-05\n" in done.stdout
    assert "depots: the same\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120
    table = json.loads(diff(history, "five", "six", "--json").stdout)["tables"]["parcels"]
    assert (table["added"], table["changed"], table["removed"], len(table["same"])) == (["2020-06"], [], [], 5)
    assert table["compared"]["added"]["beside"] == "2020-05"
    may, june = (pd.read_parquet(month(history, name)) for name in ("05", "06"))
    left = table["compared"]["added"]["columns"]["left"]
    assert (left["before"]["missing"], left["after"]["missing"]) == (
        may["left"].isna().mean(),
        june["left"].isna().mean(),
    )
    assert (left["after"]["low"], left["after"]["high"]) == (
        june["left"].min().isoformat(),
        june["left"].max().isoformat(),
    )
    depots = (bin_counts(frame["depot"], None) for frame in (may, june))
    assert table["compared"]["added"]["columns"]["depot"]["shift"] == round(psi_by_bin(*depots), 4)


def test_the_other_way_round_the_month_is_removed(history: Path):
    table = json.loads(diff(history, "six", "five", "--json").stdout)["tables"]["parcels"]
    assert table["removed"] == ["2020-06"]
    assert table["compared"]["removed"]["rows"] == [400, 400]
    assert "2020-06 removed, 400 rows, beside 400 of 2020-05" in diff(history, "six", "five").stdout


def test_months_of_one_hash_are_never_read(history: Path, tmp_path: Path):
    folder = Path(shutil.copytree(history, tmp_path / "copy"))
    shutil.rmtree(folder / "data")
    for path in objects(folder, "01", "02", "03", "04"):
        path.unlink()
    done = diff(folder, "five", "six")
    assert "2020-06 added" in done.stdout, done.stderr
    for path in objects(folder, "06"):
        path.unlink()
    done = run(
        "python", "-m", "toy", "data", "diff", "five", "six", folder=folder
    )  # of those read here DVC keeps notes
    assert done.returncode == 1
    assert "data/clean/parcels/2020-06.parquet of" in done.stderr
    assert "cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("harm", [cut, flip], ids=["cut", "flipped"])
def test_a_month_whose_object_is_broken_is_refused(harm, history: Path):
    (place,) = objects(history, "06")
    content = place.read_bytes()
    try:
        harm(place)
        done = diff(history, "five", "six")
    finally:
        replace_read_only(place, content)
    assert (done.returncode, done.stdout) == (1, "")
    for words in (
        "data/clean/parcels/2020-06.parquet of ",
        "of the cache is broken",
        f"rm -f {place.relative_to(history)}",
    ):
        assert words in done.stderr


def test_a_month_of_the_workspace_that_is_cut_off_is_told_in_words(history: Path):
    path = month(history, "06")
    content = path.read_bytes()
    replace(path, content[: len(content) // 2])
    done = diff(history, "five", "workspace")
    replace(path, content)
    assert (done.returncode, done.stdout) == (1, "")
    assert "data/clean/parcels/2020-06.parquet of the workspace cannot be read as Parquet (" in done.stderr


def test_a_revision_without_data_says_how_to_get_it(history: Path):
    first = run("git", "rev-list", "--max-parents=0", "HEAD", folder=history).stdout.strip()
    done = diff(history, first, "six")
    assert done.returncode == 1
    assert f"{first[:7]} has no data/clean" in done.stderr
    assert "dvc pull" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_of_files_that_is_lost_is_an_error_and_no_empty_table(history: Path, tmp_path: Path):
    folder = Path(shutil.copytree(history, tmp_path / "copy"))
    shutil.rmtree(folder / "data")
    for path in folder.glob(".dvc/cache/files/md5/*/*.dir"):
        path.unlink()
    done = diff(folder, "five", "six")
    assert done.returncode == 1
    assert "data/clean of" in done.stderr
    assert "cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_kind_of_change_is_counted(history: Path, tmp_path: Path):
    folder = Path(shutil.copytree(history, tmp_path / "copy"))
    frame = pd.read_parquet(month(folder, "03")).iloc[4:].reset_index(drop=True)
    extra = frame.iloc[:3].assign(id=["a", "b", "c"])
    frame.loc[10:21, "number"] += 1000
    frame.loc[20:24, "left"] = pd.NaT
    frame = pd.concat([frame, extra]).assign(colour="red", depot=lambda f: f["depot"].astype("category"))
    month(folder, "03").unlink()
    frame.drop(columns="delivered").to_parquet(month(folder, "03"))
    month(folder, "01").unlink()
    shown, content = (diff(folder, "six", "workspace", *options) for options in ((), ("--json",)))
    assert "2020-03 changed, 400 -> 399 rows: 3 added, 4 removed, 15 changed" in shown.stdout, shown.stderr
    for line in ("column colour: added", "column delivered: removed", "column depot: str -> category"):
        assert f"  {line}\n" in shown.stdout
    assert "2020-01 removed, 400 rows, beside 400 of 2020-02" in shown.stdout
    columns = json.loads(content.stdout)["tables"]["parcels"]["compared"]["changed"]["columns"]
    assert (columns["number"]["changed"], columns["left"]["changed"]) == (12, 5)
    assert columns["number"]["after"]["high"] == 1025
    assert columns["number"]["shift"] > 0


def frames(seed: int, rows: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        values = {
            "id": np.arange(rows),
            "number": pd.array(random.integers(0, 50, rows), dtype="Int64"),
            "share": random.normal(size=rows).round(3),
            "text": random.choice(["a", "b", "c"], rows),
            "when": pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 9999, rows), unit="min"),
        }
        frame = pd.DataFrame(values)
        sides.append(
            frame.mask(pd.DataFrame(random.random((rows, 5)) < [0, 0.1, 0.1, 0.1, 0.1], columns=frame.columns))
        )
    return sides[0], sides[1]


@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 199), max_size=4))
def test_months_add_up_to_the_whole(seed: int, cuts: list[int]):
    before, after = frames(seed)
    bins = {"number": [10, 20, 30], "share": [-1, 0, 1], "text": "values"}
    edges = [0, *sorted(set(cuts)), len(before)]
    pieces = [(str(low), before[low:high], after[low:high]) for low, high in pairwise(edges)]
    whole = diff_table([("all", before, after)], ["id"], bins, partners=True)
    added_up = diff_table(pieces, ["id"], bins, partners=True)
    assert added_up["columns"] == whole["columns"]
    assert sum(line["changed"] for line in added_up["months"]) == whole["months"][0]["changed"]


@given(seed=st.integers(0, 10_000))
def test_matched_rows_are_what_a_loop_over_them_finds(seed: int):
    before, after = frames(seed, rows=30)
    before, after = before.drop(index=range(5)), after.drop(index=range(20, 28)).sample(frac=1, random_state=seed)
    rows = match_rows(before, after, ["id"])
    assert rows
    old, new = ({row["id"]: row for row in frame.to_dict("records")} for frame in (before, after))
    differing = [
        {
            name
            for name in old[key]
            if old[key][name] != new[key][name] and not (pd.isna(old[key][name]) and pd.isna(new[key][name]))
        }
        for key in old.keys() & new.keys()
    ]
    assert (rows.added, rows.removed) == (len(new.keys() - old.keys()), len(old.keys() - new.keys()))
    assert rows.changed == sum(bool(names) for names in differing)
    assert rows.cells == {name: sum(name in names for names in differing) for name in before if name != "id"}


def test_rows_without_a_key_to_tell_them_apart_are_not_counted():
    before, after = frames(1)
    assert match_rows(before, after.drop(columns="id"), ["id"]) is None
    assert match_rows(before, pd.concat([after, after[:1]]), ["id"]) is None
    line = diff_table([(None, before, after)], (), {}, partners=True)["months"][0]
    assert (line["added"], line["removed"], line["changed"]) == (None, None, None)


def test_values_beyond_all_that_was_seen_have_moved_far():
    same, other = (pd.DataFrame({"month": pd.array([number] * 100, dtype="Int64")}) for number in (6, 7))
    column = diff_table([(None, same, other)], (), {}, partners=False)["columns"]["month"]
    assert column["shift"] > 1
    assert diff_table([(None, same, same.copy())], (), {}, partners=False)["columns"] == {}


def test_no_two_months_are_held_at_a_time():
    alive: list[weakref.ref] = []

    def pairs() -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
        for number in range(3):
            gc.collect()
            assert not [reference for reference in alive if reference() is not None]
            before, after = frames(number)
            alive.extend(weakref.ref(frame) for frame in (before, after))
            pair = (str(number), before, after)
            del before, after
            yield pair
            del pair

    assert len(diff_table(pairs(), ["id"], {}, partners=True)["months"]) == 3


def test_parts_are_told_by_their_hashes_alone():
    before = {("t", "1"): "a", ("t", "2"): "b", ("t", "3"): "c", ("only", None): "x"}
    after = {("t", "2"): "b", ("t", "3"): "d", ("t", "4"): "e", ("new", None): "y"}
    tables = {changes.table: changes for changes in month_changes(before, after)}
    table, only, new = tables["t"], tables["only"], tables["new"]
    assert (table.same, table.changed, table.added, table.removed) == (["2"], ["3"], ["4"], ["1"])
    assert (table.neighbour("added"), table.neighbour("removed"), table.neighbour("changed")) == ("3", "2", None)
    assert (only.removed, only.neighbour("removed")) == ([None], None)
    assert (new.added, new.neighbour("added")) == ([None], None)


def test_the_contract_says_how_shift_is_measured():
    assert column_bins(PARCELS)["depot"] == "values"
    assert column_bins(None) == {}
