"""A page is its template filled in from what is recorded; what cannot be filled in is named, and nothing is written."""

import json
from pathlib import Path

import pytest
from pages import WRITER

from ontime.core.statistics.intervals import Interval

RECORD = {"roc_auc": {"value": 0.77, "low": 0.749, "high": 0.788}, "rows": 1200, "empty": None, "parts": [{"a": 1.5}]}
BANDS = """\
slice,band,gap,gap_low,gap_high,kept
hour,early,-0.01,-0.02,-0.005,True
hour,late,0.01,-0.02,0.03,False
day,short,0.02,,,False
"""
HEAD = "<!-- Written by `make readme` from docs/templates/page.md.j2: edit that file. -->\n\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a record, a table and params."""
    for folder in ("docs/templates", "metrics/part"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "metrics/part/record.json").write_text(json.dumps(RECORD))
    (tmp_path / "metrics/part/bands.csv").write_text(BANDS)
    (tmp_path / "docs/list.csv").write_text("name\none\n")
    return tmp_path


def filled(root: Path, template: str) -> str:
    (root / "docs/templates/page.md.j2").write_text(template)
    return WRITER.filled(Path("docs/page.md"), "page.md.j2", root).removeprefix(HEAD)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{ record("part/record").interval("roc_auc") | number(".1%") }}', "77.0 % (74.9 to 78.8 %)"),
        ('{{ record("part/record").rows | number(",.0f") }}', "1,200"),
        ('{{ record("part/record").parts[0].a | number(".1f") }}', "1.5"),
        ('{{ line("part/bands", band="early").interval("gap") | points("+.1f") }}', "-1.0 points (-2.0 to -0.5)"),
        ('{{ line("part/bands", band="short").interval("gap") | number(".2f") }}', "0.02"),
        ('{% for one in table("part/bands", kept=true) %}{{ one.band }}{% endfor %}.', "early."),
        ('{% for one in table("part/bands", slice="none") %}{{ one.band }}{% else %}none{% endfor %}', "none"),
        ('{{ table("docs/list")[0].name }}', "one"),
        ('{{ record("part/record").known("empty") }} {{ "rows" in record("part/record") }}', "False True"),
        ("{{ 0.25 | times(100) | number('.0f') }} {{ '2013-04' | in_letters }}", "25 April"),
    ],
)
def test_numbers_come_from_records_and_tables(template: str, text: str, root: Path):
    assert filled(root, template) == f"{text}\n"


def test_a_verdict_follows_from_the_interval(root: Path):
    template = '{% for one in table("part/bands") %}{{ one.interval("gap") is shown }} {% endfor %}.'
    assert filled(root, template) == "True False False .\n"
    assert WRITER.is_shown(Interval(1.0, 0.5, 2.0))
    assert not WRITER.is_shown(Interval(1.0))


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (
            '{{ record("part/record").roc }}',
            "metrics/part/record.json has no 'roc'; it has roc_auc, rows, empty, parts",
        ),
        ('{{ record("part/record").roc_auc.mean }}', "metrics/part/record.json, roc_auc has no 'mean'"),
        ('{{ record("part/record").empty }}', "metrics/part/record.json has no value of 'empty'"),
        ('{{ record("part/other").rows }}', "metrics/part/other.json is missing"),
        ('{{ table("part/other") }}', "metrics/part/other.csv is missing"),
        ('{{ line("part/bands", slice="hour").gap }}', "metrics/part/bands.csv has 2 lines with {'slice': 'hour'}"),
        ('{{ line("part/bands", band="noon").gap }}', "metrics/part/bands.csv has 0 lines with {'band': 'noon'}"),
        (
            '{{ line("part/bands", hour="noon").gap }}',
            "metrics/part/bands.csv has no column 'hour'; it has slice, band",
        ),
        ('{{ line("part/bands", band="late").gap_mean }}', "metrics/part/bands.csv has no 'gap_mean'"),
        ('{{ line("part/bands", band="late").interval("rate") }}', "metrics/part/bands.csv has no 'rate'"),
        ('{{ line("part/bands", band="late").interval("gap_low") }}', "has 'gap_low', but no 'gap_low_low' and no"),
        ('{{ line("part/bands", band="late").band | number(".1f") }}', "'late' is no number"),
        ('{{ line("part/bands", band="late").gap is shown }}', "0.01 is no interval, so nothing is shown or not"),
        ('{{ section("slices").min_rows }}', "params.yaml is missing"),
        ("{{ nonsense }}", "'nonsense' is undefined"),
        ("{{ table('part/bands')[7].gap }}", "has no element 7"),
        ("{% if %}", "Expected an expression"),
        ("{% for one in 3 %}{% endfor %}", "not iterable"),
    ],
)
def test_what_is_missing_is_named_with_page_line_record_and_key(template: str, says: str, root: Path):
    with pytest.raises(WRITER.PageError) as raised:
        filled(root, f"# Title\n\nText.\n{template}\n")
    place, _, reason = str(raised.value).partition(": ")
    assert place == "docs/page.md"
    assert reason.startswith("docs/templates/page.md.j2, line 4: ")
    assert says in reason


def test_all_pages_that_fail_are_named_and_none_is_written(root: Path, capsys: pytest.CaptureFixture):
    for name, text in (("README", "fine"), ("one", "{{ nonsense }}"), ("two", '{{ record("none").a }}')):
        (root / f"docs/templates/{name}.md.j2").write_text(text)
    assert WRITER.main(root) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("docs/one.md: docs/templates/one.md.j2, line 1: ")
    assert second.startswith("docs/two.md: docs/templates/two.md.j2, line 1: metrics/none.json is missing")
    assert not (root / "README.md").exists()


def test_pages_are_written_once_and_a_check_names_those_that_are_old(root: Path, capsys: pytest.CaptureFixture):
    template = root / "docs/templates/README.md.j2"
    template.write_text("one")
    assert [WRITER.main(root, check=True), WRITER.main(root), WRITER.main(root, check=True)] == [1, 0, 0]
    assert (root / "README.md").read_text().endswith("edit that file. -->\n\none\n")
    template.write_text("two")
    assert WRITER.main(root, check=True) == 1
    assert "README.md is out of date: run make readme" in capsys.readouterr().out
    assert (root / "README.md").read_text().endswith("one\n")


def test_paragraphs_and_items_are_set_anew_and_nothing_else_is():
    words = "word " * 40
    table = f"| {words}|\n| --- |"
    code = f"```console\n$ {words}\n\n\n$ second\n```"
    text = WRITER.wrapped(f"# {words}\n\n{words}\n77 %\n{table}\n\n- {words}\n- {words}\n\n{code}\n\n1. {words}\n")
    assert max(len(line) for line in text.splitlines() if line[0:2] in {"wo", "- ", "  ", "1."}) <= WRITER.WIDTH
    assert f"\n\n{table}\n\n- word" in text
    assert f"\n\n{code}\n\n1. word" in text
    assert text.count("\n- word") == 2
    assert "\n   word" in text


def test_a_number_and_its_percent_sign_stay_on_one_line():
    lines = WRITER.wrapped("word " * 23 + "77 % " + "word " * 9).splitlines()
    assert lines[1].startswith("77 % ") or "77 %" in lines[0]
    assert not any(
        line.startswith("%") for width in range(20) for line in WRITER.wrapped("w" * width + " 7 %" * 60).splitlines()
    )
