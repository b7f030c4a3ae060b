"""A bundle's folder: one version of all that answers; a part that is missing, cut off or does not fit is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from toy import TOY

from ontime import params
from ontime.core.evaluation.conformal import Calibration
from ontime.core.serving.bundle import check_bundle
from ontime.errors import ModelUnfitError
from ontime.flights import FLIGHTS
from ontime.io.bundle_files import ANSWERING, LIST, read_bundle, write_bundle, write_card
from ontime.io.formats import read_json, read_parquet, write_json
from ontime.io.month_files import part
from ontime.io.paths import Files

BOUNDS = Calibration(0.3, 0.2).content() | {"lead_hours": 1.0, "level": 0.8}


@pytest.fixture
def costs(toy_made: Path) -> params.Costs:
    return params.load(toy_made / "params.yaml", "costs")


@pytest.fixture
def folder(toy_made: Path, costs: params.Costs, tmp_path: Path) -> Path:
    """The bundle of the toy's candidate."""
    write_bundle(tmp_path / "bundle", Files(toy_made).candidate, BOUNDS, costs)
    return tmp_path / "bundle"


def relist(folder: Path, candidate: Path, costs: params.Costs, **bounds: object) -> None:
    write_bundle(folder, candidate, BOUNDS | bounds, costs)


def test_it_is_read_as_it_was_written(folder: Path, costs: params.Costs):
    bundle = read_bundle(folder)
    assert (bundle.lead_hours, bundle.calibration, bundle.costs) == (1.0, Calibration(0.3, 0.2), costs)
    check_bundle(bundle, TOY.features)


def test_whatever_answers_moves_the_version_and_what_lies_beside_does_not(
    folder: Path, toy_made: Path, costs: params.Costs, tmp_path: Path
):
    first = read_bundle(folder).version
    write_card("A card.", folder)
    write_json({}, folder / "reference.json")
    assert read_bundle(folder).version == first
    versions = {first}
    for change in ("bounds", "costs", "fallback.json", "signature.json"):
        candidate = tmp_path / change
        shutil.copytree(Files(toy_made).candidate, candidate)
        if change == "fallback.json":
            write_json(read_json(candidate / change) | {"rate": 0.123456}, candidate / change)
        if change == "signature.json":
            write_json(read_json(candidate / change) | {"data": "0" * 12}, candidate / change)
        bounds = BOUNDS | ({"false": 0.31} if change == "bounds" else {})
        bundle = write_bundle(
            tmp_path / f"{change}.bundle", candidate, bounds, replace(costs, missed=9.0) if change == "costs" else costs
        )
        versions.add(bundle.version)
    assert len(versions) == 5


@pytest.mark.parametrize("name", ANSWERING)
@pytest.mark.parametrize("harm", ["missing", "cut off", "changed"])
def test_a_part_that_is_not_the_listed_one_is_refused_by_its_name(folder: Path, name: str, harm: str):
    content = (folder / name).read_bytes()
    if harm == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content[: len(content) // 2] if harm == "cut off" else content + b" ")
    with pytest.raises(ModelUnfitError, match=name) as error:
        read_bundle(folder)
    assert "Fetch it again" in str(error.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": "x", "parts": {}}'])
def test_a_broken_list_is_refused(folder: Path, content: str):
    (folder / LIST).write_text(content)
    with pytest.raises(ModelUnfitError, match=LIST):
        read_bundle(folder)


def test_a_version_that_the_parts_do_not_have_is_refused(folder: Path):
    write_json(read_json(folder / LIST) | {"version": "0" * 12}, folder / LIST)
    with pytest.raises(ModelUnfitError, match=r"bundle.json: expected the version \w{12}, found 000000000000"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"lead_hours": 6.0}, r"conformal.json: expected bounds of answers 1 hours ahead, as the model gives, found 6"),
        ({"false": "a"}, r"conformal.json:\n  false: expected a number from 0 to 1"),
        ({"true": 2}, "true: expected a number from 0 to 1, or nothing, found 2"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(
    folder: Path, toy_made: Path, costs: params.Costs, bounds: dict, words: str
):
    with pytest.raises(ModelUnfitError, match=words):
        relist(folder, Files(toy_made).candidate, costs, **bounds)


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("signature.json", {"lead_hours": None}, "lead_hours: expected a number from 0.5 to 168, found nothing"),
        ("signature.json", {"categories": {}}, "together: categories lacks depot"),
        ("fallback.json", {"levels": []}, r"expected a level for each of 2 keys, found 0 levels"),
        ("fallback.json", {"rate": 7}, r"fallback.json:\n  rate: expected a number from 0 to 1, found 7"),
    ],
)
def test_a_candidate_that_is_wrong_makes_no_bundle(
    folder: Path, toy_made: Path, costs: params.Costs, tmp_path: Path, name: str, changed: dict, words: str
):
    shutil.copytree(Files(toy_made).candidate, tmp_path / "candidate")
    write_json(json.loads((tmp_path / "candidate" / name).read_text()) | changed, tmp_path / "candidate" / name)
    with pytest.raises(ModelUnfitError, match=words):
        relist(folder, tmp_path / "candidate", costs)


def test_a_bundle_of_another_dataset_is_refused_with_what_it_reads(folder: Path):
    with pytest.raises(ModelUnfitError, match=r"expected features of docs/features.md, found depot: str, .*fallback"):
        check_bundle(read_bundle(folder), FLIGHTS.features)


def test_the_fallback_of_one_row_is_that_of_many(folder: Path, toy_made: Path):
    fallback, files = read_bundle(folder).fallback, Files(toy_made)
    rows = read_parquet(part(files.features, "2020-03", None)).head(300)
    rows = pd.concat([rows, rows.head(1).assign(depot="nowhere")], ignore_index=True)
    assert fallback.predict(rows).tolist() == [fallback.rate_of(row) for row in rows.to_dict("records")]
    assert len({*fallback.predict(rows)}) > 2
