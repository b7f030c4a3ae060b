"""params.yaml is read strictly, and everything that is wrong is said at once."""

import re
from datetime import date
from pathlib import Path

import pytest
from repositories import REPOSITORY

from ontime import params
from ontime.errors import OntimeError

SECTIONS = params.read_sections(REPOSITORY / "params.yaml")
KEYS = [f"{section}.{key}" for section, values in SECTIONS.items() for key in values]
WRONG = (True, [], [None], {}, {"Key": 1}, date(2013, 6, 1), "2013-6", -1, 0.123)
PRIVATE = re.compile(r"ArgsKwargs|\^|pydantic|Input should|String should|datetime\.|http")  # words of libraries


def load(text: str, tmp_path: Path, section: str = "fetch"):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return params.load(path, section)


def test_a_section_becomes_its_dataclass(tmp_path: Path):
    loaded = load('fetch: {release: "1", until: 2013-06}', tmp_path)
    assert loaded == params.Fetch(release="1", until="2013-06")


def test_missing_unknown_and_impossible_keys_are_listed_together(tmp_path: Path):
    with pytest.raises(OntimeError) as error:
        load("fetch: {til: 2013-06, until: 2013-6}", tmp_path)
    assert str(error.value).splitlines()[1:] == [
        "  fetch.release: missing; expected text",
        "  fetch.until: expected a month such as 2013-06, found 2013-6",
        "  fetch.til: unknown; did you mean until?",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("validate: {}", "no section 'fetch'; its sections: validate"),
        ("fetch: 3", "fetch: expected keys and values (release, until), found 3"),
        ("fetch: [a]", "fetch: expected keys and values (release, until), found a list, ['a']"),
        ("fetch:", "fetch: expected keys and values (release, until), found nothing"),
        ("- fetch", "must hold sections, one a stage, such as fetch: {...}; found a list"),
        ("", "must hold sections, one a stage, such as fetch: {...}; found nothing"),
        ("fetch: {release: [}", "line 1, column 19: not valid YAML: "),
        ("fetch:\n\tuntil: 2013-06", "line 2, column 1: not valid YAML: "),
        ("fetch: until: 2013-06", "line 1, column 13: not valid YAML: mapping values are not allowed here"),
        ("fetch: {}\n---\nfetch: {}", "line 2, column 1: not valid YAML: "),
        ("fetch: *other", "not valid YAML: found undefined alias 'other'"),
        ("fetch: {{a: b}: c}", "not valid YAML: while constructing a mapping found unhashable key"),
        ("fetch: {release: '1', until: 2013-06-31}", "a month is 2013-06"),
        ("fetch:\n  until: 2013-06\n  until: 2013-07", 'line 3: found duplicate key "until"'),
        ("fetch: {}\nfetch: {}", 'line 2: found duplicate key "fetch"'),
        ("fetch: {release: '1', until: 2013-06, 3: 4}", "fetch.3: unknown; known: release, until"),
        ("fetch: {release: '1', until: 2013-06}\nvalidat: {}", "validat: unknown section; did you mean validate?"),
        ("fetsch: {}", "fetsch: unknown section; did you mean fetch?"),
        (
            'fetch: {release: 1, until: "2013-06"}',
            "fetch.release: expected text, found the number 1 (text stands in quotes: '1')",
        ),
        ("fetch: {release: '1', until: 2013-06-01}", "expected a month such as 2013-06, found 2013-06-01"),
    ],
)
def test_a_wrong_file_says_what_was_expected(text: str, expected: str, tmp_path: Path):
    with pytest.raises(OntimeError) as error:
        load(text, tmp_path)
    assert expected in str(error.value)
    assert PRIVATE.search(str(error.value)) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"fetch: '\xff'", "is no text in UTF-8"), (b"fetch: '\x01'", "special characters are not allowed")],
)
def test_a_file_that_is_no_text_says_so(content: bytes, expected: str, tmp_path: Path):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(OntimeError, match=expected):
        params.load(path, "fetch")


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_value_of_any_param_says_what_is_wanted(name: str, wrong: object):
    section, key = name.split(".")
    changed = {**SECTIONS, section: {**SECTIONS[section], key: wrong}}
    try:
        params.section_of(changed, section, Path("params.yaml"))
    except OntimeError as error:
        text = str(error)
        assert PRIVATE.search(text) is None
        assert any(line.startswith((f"  {name}: expected ", f"  {name}.")) for line in text.splitlines())
        assert ", found " in text
    else:
        taken = SECTIONS[section][key]
        assert isinstance(wrong, type(taken)) or wrong == 0.123, "another type was taken"
        assert isinstance(wrong, bool) is isinstance(taken, bool)


@pytest.mark.parametrize("name", KEYS)
def test_no_value_of_any_param_is_said_with_what_is_wanted(name: str):
    section, key = name.split(".")
    rest = {other: value for other, value in SECTIONS[section].items() if other != key}
    for content, words in ((rest, "missing; expected "), ({**rest, key: None}, "expected ")):
        with pytest.raises(OntimeError) as error:
            params.section_of({**SECTIONS, section: content}, section, Path("params.yaml"))
        assert f"  {name}: {words}" in str(error.value)
        assert PRIVATE.search(str(error.value)) is None


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("validate.max_quarantined", "1e-3", "a number from 0 to 1, found the text '1e-3' (a number stands without"),
        ("validate.max_quarantined", 2, "a number from 0 to 1, found 2"),
        ("validate.shift_warn", 0, "a number above 0, found 0"),
        ("split.valid_months", 0, "a whole number from 1 on, found 0"),
        ("split.valid_months", 1.5, "a whole number from 1 on, found 1.5"),
        ("split.valid_months", True, "a whole number from 1 on, found true"),
        ("train.learning_rate", 2, "a number above 0 and 1 at most, found 2"),
        ("intervals.level", 1, "a number above 0.5 and below 1, found 1"),
        ("stress.times", [0.55], ".0: expected a number from 0.1 to 10, a multiple of 0.1, found 0.55"),
        ("stress.stale_hours", 3, "a list of values, each a whole number from 1 on, found 3"),
        ("drift.test", "kl", "one of psi, jensen_shannon, kolmogorov_smirnov, wasserstein, chi_square, p_values"),
        ("lead.leads", {}, "hours by name, at least one, each name of small letters and digits such as h2"),
        ("lead.leads", {"H 2": 2}, ".H 2: expected hours by name"),
        ("sweep.grid", {}, "at least one param by its full name, each with a list of values"),
        ("sweep.grid", {"train.leaves": []}, ".train.leaves: expected a list of at least one value"),
    ],
)
def test_what_is_wanted_is_said_as_a_person_would(name: str, wrong: object, says: str):
    section, key = name.split(".")
    with pytest.raises(OntimeError) as error:
        params.section_of({**SECTIONS, section: {**SECTIONS[section], key: wrong}}, section, Path("params.yaml"))
    assert f"  {name}" in str(error.value)
    assert says in str(error.value)


def test_a_grid_over_a_section_that_is_none_is_no_traceback():
    sections = params.override({**SECTIONS, "train": 3}, {"train.leaves": 7})
    with pytest.raises(OntimeError, match="train: expected keys and values"):
        params.section_of(sections, "train", Path("params.yaml"))


def test_no_file_says_where_to_run(tmp_path: Path):
    with pytest.raises(OntimeError, match="run from the folder"):
        params.load(tmp_path / "params.yaml", "fetch")


def test_a_text_is_no_number(tmp_path: Path):
    text = "validate: {max_quarantined: 1e-3, max_extreme: 2, shift_warn: 0, shift_stop: 'x'}"
    with pytest.raises(OntimeError) as error:
        load(text, tmp_path, "validate")
    assert [line.split(":")[0].strip() for line in str(error.value).splitlines()[1:]] == [
        "validate.max_extreme",
        "validate.shift_warn",
        "validate.shift_stop",
    ]


@pytest.mark.parametrize(("warn", "stop", "expected"), [(0.3, 0.2, "above shift_stop"), (0.1, ".inf", "shift_stop")])
def test_levels_that_make_no_sense_are_refused(warn: float, stop: float, expected: str, tmp_path: Path):
    text = f"validate: {{max_quarantined: 0.1, max_extreme: 0.1, shift_warn: {warn}, shift_stop: {stop}}}"
    with pytest.raises(OntimeError, match=expected):
        load(text, tmp_path, "validate")
