"""How early can be known: the backtest at several leads, what each feature group is worth, and what is said of both."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from repositories import REPOSITORY, call, run
from ruamel.yaml import YAML
from toy import TOY

from ontime import params
from ontime.core.evaluation.lead_record import LeadRecord, ablate
from ontime.core.evaluation.leads import ablation_table, how_early_sentence
from ontime.core.features.table import ablations, declared_features, model_features
from ontime.core.model.backtest import Backtest
from ontime.core.pictures.ablation import ablation_picture
from ontime.core.pictures.leads import leads_picture
from ontime.core.pictures.style import ACCENT, WARM
from ontime.core.statistics.intervals import Interval
from ontime.core.text import hours_in_words
from ontime.dataset.dataset import Dataset
from ontime.errors import OntimeError
from ontime.flights import FLIGHTS
from ontime.io.month_files import read_months
from ontime.io.paths import Files

SECTIONS = YAML(typ="safe").load((REPOSITORY / "params.yaml").read_text())
METRICS = REPOSITORY / "metrics"
BACK = "git checkout params.yaml dvc.lock metrics && dvc checkout"


@pytest.fixture(scope="module")
def led(toy: Path) -> Path:
    return toy


def toy_lead(folder: Path, *words: str):
    return call(TOY, *words, folder=folder)


def record(folder: Path, name: str) -> dict:
    return json.loads((folder / f"metrics/lead/{name}.json").read_text())


def test_the_lead_of_the_features_says_what_the_backtest_says(led: Path):
    backtest, lead = (pd.read_parquet(led / f"data/{name}.parquet") for name in ("backtest", "lead/h1"))
    pd.testing.assert_frame_equal(lead, backtest[list(lead)])
    assert list(lead) == ["id", "day", "outcome", "probability", "climatology"]


def test_a_lead_reads_nothing_that_happened_in_the_test_window(led: Path):
    outputs = [led / "data/lead/m30.parquet", led / "metrics/lead/m30.json"]
    before = [path.read_bytes() for path in outputs]
    clean = led / "data/clean/parcels/2020-06.parquet"
    frame = pd.read_parquet(clean)
    clean.unlink()
    frame.assign(left=frame["promised"], delivered=frame["promised"]).to_parquet(clean)
    done = toy_lead(led, "lead", "m30")
    after = [path.read_bytes() for path in outputs]
    assert run("dvc", "checkout", "--force", folder=led).returncode == 0
    assert done.returncode == 0, done.stderr
    assert after == before


def test_a_new_lead_runs_alone_and_what_it_leaves_behind_is_named_with_the_remedy(led: Path):
    done = run("dvc", "exp", "run", "-S", "+lead.leads.h3=3", "-n", "three", folder=led)
    assert done.returncode == 0, done.stderr + done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("> ")] == [
        "> python -m toy lead h3",
        "> python -m toy leads",
        "> python -m toy report",
    ]
    assert pd.read_csv(led / "metrics/leads/leads.csv")["lead"].tolist() == ["m30", "h1", "h3", "h5"]
    assert run("bash", "-c", BACK, folder=led).returncode == 0
    lock = (led / "dvc.lock").read_bytes()
    refused = run("dvc", "repro", folder=led)
    remedy = "rm metrics/lead/h3.json"  # what DVC moved, the way back has taken away
    assert refused.returncode != 0
    assert f"does not name (m30, h1, h5): remove them with {remedy}" in refused.stderr
    assert run("bash", "-c", f"{remedy} && {BACK}", folder=led).returncode == 0
    assert "up to date" in run("dvc", "repro", folder=led).stdout
    assert (led / "dvc.lock").read_bytes() == lock


def test_a_lead_that_is_not_there_is_an_error_that_names_those_that_are(led: Path):
    done = toy_lead(led, "lead", "h9")
    assert (done.returncode, done.stderr) == (
        1,
        "lead: lead.leads in params.yaml has no 'h9'; found: m30, h1, h5\n",
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"leads": {"h2": 0.25}, "ablation_at": []}, "leads.h2: expected a number from 0.5 to 168, found 0.25"),
        ({"leads": {"h200": 200}, "ablation_at": []}, "leads.h200: expected a number from 0.5 to 168, found 200"),
        (
            {"leads": {"Two Hours": 2}, "ablation_at": []},
            "each name of small letters and digits such as h2, found the name Two Hours",
        ),
        ({"ablation_at": ["h2", "h3"]}, "ablation_at names ['h3'], which are not in leads"),
        ({"leads": {}, "ablation_at": []}, "hours by name, at least one"),
    ],
)
def test_leads_that_cannot_be_are_refused(changed: dict, says: str):
    sections = {**SECTIONS, "lead": {**SECTIONS["lead"], **changed}}
    with pytest.raises(OntimeError) as refused:
        params.section_of(sections, "lead", Path("params.yaml"))
    assert says in str(refused.value)


def test_a_group_that_says_all_is_worth_much_and_one_that_says_nothing_is_not(led: Path):
    """Parcels are late by their hour, which is of the plan; what is seen of the road tells nothing more."""
    for name in ("m30", "h5"):
        ablations = record(led, name)["ablation"]
        assert list(ablations) == ["plan", "road"]
        assert ablations["plan"]["log_loss_difference"]["low"] > 0.03
        assert ablations["plan"]["roc_auc_difference"]["high"] < -0.1
        assert abs(ablations["road"]["log_loss_difference"]["value"]) < 0.01
        assert ablations["plan"]["rows"] == record(led, name)["rows"]
    assert record(led, "h1")["ablation"] == {}


def test_a_group_that_no_model_reads_is_worth_nothing_at_all(led: Path):
    sections = {name: params.load(led / "params.yaml", name) for name in ("split", "train", "intervals")}
    types = {"depot": "str", "hour": "int32"}
    rows = read_months(Files(led).features, ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05"])
    backtest = pd.read_parquet(led / "data/backtest.parquet")
    test = Backtest(rows, 1.0, types, sections["split"], sections["train"])
    full = pd.concat([month.predictions() for month in test.refit({"2020-03": 5, "2020-04": 7}, {})])
    lost = ablate(test, types, {"2020-03": 5, "2020-04": 7}, full, sections["intervals"])
    assert (lost["left_out"], lost["months"], lost["rows"]) == (0, 2, len(full))
    assert {
        lost[f"{metric}_difference"][bound]
        for metric in ("log_loss", "brier", "roc_auc")
        for bound in ("value", "low", "high")
    } == {0.0}
    assert lost["days"] < backtest["day"].nunique()


@pytest.mark.nightly
def test_searching_anew_moves_what_a_group_is_worth_by_less_than_its_interval(tmp_path: Path):
    """The number of trees is that of the model with all groups; here, two hours ahead, it is searched without each."""
    (tmp_path / "params.yaml").write_text((REPOSITORY / "params.yaml").read_text())
    for stage in ("fetch", "validate", "featurize"):
        assert run("ontime", stage, folder=tmp_path).returncode == 0
    features, split, train, intervals = (
        params.load(REPOSITORY / "params.yaml", name) for name in ("features", "split", "train", "intervals")
    )
    known = record(REPOSITORY, "h2")
    trees = dict(list(known["trees"].items())[:: SECTIONS["lead"]["ablation_every"]])
    rows = read_months(Files(tmp_path).features, [f"2013-{month:02}" for month in range(1, 11)])
    test = Backtest(rows, features.lead_hours, model_features(FLIGHTS.features, train.leave_out), split, train)
    predictions = pd.concat([month.predictions() for month in test.refit(trees, {})])
    for group, types in ablations(FLIGHTS.features, train.leave_out).items():
        kept: dict[str, str] = {}
        rounds = replace(test, types=types).search(list(trees), kept)
        anew = ablate(test, types, rounds, predictions, intervals)["log_loss_difference"]
        before = known["ablation"][group]["log_loss_difference"]
        assert rounds != trees
        assert abs(anew["value"] - before["value"]) < (before["high"] - before["low"]) / 2, group


@pytest.mark.parametrize("dataset", [FLIGHTS, TOY], ids=lambda dataset: dataset.name)
def test_every_feature_comes_with_one_ablation(dataset: Dataset):
    groups = [group for names in dataset.features.ablation.values() for group in names]
    assert sorted(groups) == sorted({feature.group for feature in declared_features(dataset.features)})


def table(*differences: float) -> pd.DataFrame:
    """Leads of 0.75, 2, 6 and 24 hours, the log loss of each that much lower than climatology's, give or take."""
    lines = []
    for hours, gap in zip((0.75, 2.0, 6.0, 24.0), differences, strict=False):
        line = {"lead": f"at{hours}", "hours": hours, "log_loss_minus_climatology_high": gap + 0.01}
        for name, value in (("brier_skill", -gap), ("roc_auc", 0.6 - gap), ("climatology_roc_auc", 0.6)):
            line |= {name: value, f"{name}_low": value - 0.02, f"{name}_high": value + 0.02}
        lines.append(line)
    return pd.DataFrame(lines)


@pytest.mark.parametrize(
    ("differences", "says"),
    [
        (
            (-0.2, -0.15, -0.1, -0.05),
            (
                "24 hours ahead the model is still better than climatology: it takes 5.0 % (3.0 to 7.0 %) off its "
                "Brier score, beside 20.0 % (18.0 to 22.0 %) 45 minutes ahead (90% intervals)."
            ),
        ),
        (
            (-0.2, -0.15, -0.005, -0.05),
            (
                "2 hours ahead the model is still better than climatology: it takes 15.0 % (13.0 to 17.0 %) off its "
                "Brier score, beside 20.0 % (18.0 to 22.0 %) 45 minutes ahead (90% intervals). 6 hours ahead that is "
                "not shown."
            ),
        ),
        (
            (-0.2,),
            (
                "45 minutes ahead the model is still better than climatology: it takes 20.0 % (18.0 to 22.0 %) off its "
                "Brier score (90% intervals)."
            ),
        ),
        ((0.1, -0.2), "At no lead is the model shown to be better than climatology (90% intervals)."),
    ],
)
def test_how_early_is_the_longest_lead_up_to_which_all_are_shown_to_be_better(differences: tuple, says: str):
    assert how_early_sentence(table(*differences), 0.9) == says


def test_leads_are_told_in_words():
    words = [hours_in_words(hours) for hours in (0.5, 0.75, 1.0, 1.5, 2, 24.0, 168)]
    assert words == ["30 minutes", "45 minutes", "1 hour", "90 minutes", "2 hours", "24 hours", "168 hours"]


def pixels(figure: Figure, color: str) -> int:
    figure.canvas.draw()
    seen = np.asarray(figure.canvas.buffer_rgba())[:, :, :3] / 255
    return int((np.abs(seen - np.array(to_rgb(color))) < 0.02).all(axis=2).sum())


@pytest.mark.parametrize("differences", [(-0.2, -0.15, -0.1, -0.05), (-0.2,)])
def test_the_picture_shows_the_model_and_climatology_whatever_the_number_of_leads(differences: tuple):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = leads_picture(table(*differences), 0.9)
    FigureCanvasAgg(figure)
    assert pixels(figure, ACCENT) > 100
    assert pixels(figure, WARM) > 100
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["45 min", "2 h", "6 h", "24 h"][: len(differences)]


def test_the_picture_of_groups_is_drawn_even_where_none_was_left_out():
    some = Interval(0.5)
    lead = LeadRecord(
        hours=2.0,
        rows=1,
        roc_auc=some,
        log_loss=some,
        brier=some,
        brier_skill=some,
        climatology_roc_auc=some,
        minus_climatology={},
        ablation={},
    )
    assert ablation_picture(ablation_table({"h2": lead}), 0.9).axes
    ablation = pd.read_csv(METRICS / "leads/ablation.csv")
    labels = ablation_picture(ablation, 0.9).axes[0].get_yticklabels()
    assert [label.get_text().replace("\n", " ") for label in labels] == ablation["group"].drop_duplicates().tolist()
