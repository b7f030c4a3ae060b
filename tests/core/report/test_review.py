"""What a reviewer reads: every difference, each in its place, and nothing that did not change."""

import re

import pytest
from repositories import REPOSITORY

from ontime.core.report.review import TITLES, Plot, Report, Side, plots_of, review_page
from ontime.core.statistics.comparison import Comparison
from ontime.core.statistics.intervals import Interval
from ontime.core.text import code, markdown_table

DIFFERENCES = {name: Interval(0.01, 0.005, 0.02) for name in ("log_loss", "brier", "roc_auc")}
STAGE = {
    "cmd": "make it",
    "params": {"params.yaml": {"a": 1}},
    "deps": [{"path": "src/a.py", "md5": "1"}, {"path": "in", "md5": "1"}],
    "outs": [{"path": f"out{number}", "md5": "1"} for number in range(5)],
}


def side(name: str, commit: str | None = "0123456789", **lock: dict) -> Side:
    return Side(name, commit, lock, {"log_loss": {"low": 0.4, "high": 0.6}})


def report(base: Side, head: Side, **parts: object) -> str:
    given = {"compared": None, "reason": "", "level": 0.9, "metrics": {}, "params": {}, "plots": []}
    return review_page(Report(base, head, **{**given, **parts}), "")


@pytest.mark.parametrize("verdict", ["better", "worse", "no difference shown"])
def test_the_title_is_the_verdict_and_the_intervals_follow(verdict: str):
    page = report(side("main"), side("HEAD"), compared=Comparison(1200, 30, DIFFERENCES, verdict))
    title = page.splitlines()[2]
    assert title == "## " + TITLES[verdict].format(base="`main`", head="`HEAD`")
    assert "`HEAD` (0123456) minus `main` (0123456), on 1,200 rows of 30 days" in page
    assert "| log loss, less is better | +0.01000 | +0.00500 to +0.02000 |" in page
    assert "| 90% interval |" in page


def test_a_reason_stands_where_the_comparison_would_and_cannot_write_html():
    page = report(side("main"), side("workspace", None), reason="no <b>data</b>\nhere")
    assert "## `workspace` beside `main`: no verdict" in page
    assert "`workspace` and `main` (0123456) could not be compared: no &lt;b&gt;data&lt;/b&gt; here" in page


def test_a_metric_stands_beside_its_interval_and_those_of_the_backtest_come_first():
    changes = {
        "metrics/evaluate/metrics.json": {
            "log_loss": {"old": 0.5, "new": 0.45, "diff": -0.05},
            "backtest_log_loss": {"old": None, "new": 0.5},
        },
        "metrics/validate/metrics.json": {"rows": {"old": 1000, "new": 3000, "diff": 2000}},
    }
    lines = report(side("main"), side("HEAD"), metrics=changes).splitlines()
    first = lines.index("| metric | `main` | `HEAD` | change |") + 2
    assert lines[first : first + 3] == [
        "| `backtest_log_loss` | none | `0.5` |  |",
        "| `log_loss` | 0.5000 (0.4000 to 0.6000) | 0.4500 (0.4000 to 0.6000) | -0.0500 |",
        "| `rows` | `1000` | `3000` | +2,000 |",
    ]


def test_of_a_list_in_params_only_what_the_other_lacks_is_shown():
    changes = {"params.yaml": {"leave_out": {"old": ["a", "b|c"], "new": ["a", "d"]}, "order": {"old": [1], "new": []}}}
    page = report(side("main"), side("HEAD"), params=changes)
    assert "| `leave_out` | with `b\\|c` | with `d` |" in page
    assert "| `order` | with `1` |  |" in page


def test_a_stage_says_what_it_reads_anew_and_whether_that_changed_what_it_makes():
    code_only = {**STAGE, "deps": [{"path": "src/a.py", "md5": "2"}, STAGE["deps"][1]]}
    others = [{**out, "md5": "2"} for out in STAGE["outs"]]
    page = report(
        side("main", a=STAGE, b=STAGE, c=STAGE, old=STAGE),
        side("HEAD", a=STAGE, b=code_only, c={**STAGE, "params": {}, "cmd": "x", "outs": others}, new=STAGE),
    )
    assert "| `b` | reads another `src/a.py` | the same |" in page
    assert "| `c` | its command, its params | another `out0`, `out1`, `out2` and 2 more |" in page
    assert "| `old` | is gone |  |" in page
    assert "| `new` | is new |  |" in page
    assert "| `a` |" not in page


def plot_of(values: dict[str, list[int]], **content: object) -> dict:
    rows = [{"x": value, "rev": name} for name, these in values.items() for value in these]
    return {"type": "vega", "revisions": list(values), "content": {"data": {"values": rows}, **content}}


def test_pictures_that_are_the_same_are_folded_away():
    plots = plots_of(
        {
            "dvc.yaml::Roc": [plot_of({"main": [1], "HEAD": [2]}, title={"text": "R"})],
            "same": [plot_of({"main": [1], "HEAD": [1]}), plot_of({"main": [1], "HEAD": [1]})],
            "one": [plot_of({"HEAD": [1]})],
            "photo": [{"type": "image"}],
        }
    )
    assert [(plot.file, plot.title, plot.same) for plot in plots] == [
        ("dvc-yaml-roc.png", "R", False),
        ("same.png", "same", True),
        ("same-2.png", "same", True),
        ("one.png", "one", False),
    ]
    page = report(side("main"), side("HEAD"), plots=plots)
    shown, folded = page.split("<details><summary>The same in both: 2</summary>")
    assert [name in shown for name in ("dvc-yaml-roc.png", "one.png", "same.png")] == [True, True, False]
    assert folded.count("<img ") == 2


def test_a_column_that_has_another_name_and_is_not_drawn_makes_no_picture_differ():
    plot = plot_of({"main": [1, 2], "HEAD": [1, 2]})
    for row in plot["content"]["data"]["values"]:
        row["rounds" if row["rev"] == "main" else "trees"] = 30
    assert [drawn.same for drawn in plots_of({"backtest": [plot]})] == [True]
    plot["content"]["data"]["values"][0]["x"] = 3
    assert [drawn.same for drawn in plots_of({"backtest": [plot]})] == [False]


def test_a_title_cannot_write_html():
    page = report(side("main"), side("HEAD"), plots=[Plot("a.png", '"><b>', {}, same=False)])
    assert '<img alt="&quot;&gt;&lt;b&gt;" src="a.png"' in page


def test_a_cell_cannot_end_its_table():
    assert markdown_table(["a"], [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
    assert code("a`b\nc") == "`a'b c`"


def test_numbers_are_set_to_the_right_of_the_name_of_their_row():
    table = markdown_table(["what", "rows", "seconds"], [("model", "1", "2")], numbers=True)
    assert table == "| what | rows | seconds |\n| --- | ---: | ---: |\n| model | 1 | 2 |\n"


def test_the_page_on_reviews_lists_the_parts_of_a_report_in_their_order():
    plots = [Plot("a.png", "A", {}, same=False)]
    page = report(side("main"), side("fast"), compared=Comparison(1, 1, DIFFERENCES, "worse"), plots=plots)
    titles = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    listed = re.findall(r"^\d\. \*\*(.*?)\*\*", (REPOSITORY / "docs/review.md").read_text(), re.MULTILINE)
    assert listed == ["The verdict", *titles]
