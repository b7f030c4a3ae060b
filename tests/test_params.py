"""params.yaml is read strictly, and everything that is wrong is said at once."""

from pathlib import Path

import pytest

from ontime import params
from ontime.errors import OntimeError


def load(text: str, tmp_path: Path, section: str = "fetch"):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return params.load(path, section)


def test_a_section_becomes_its_dataclass(tmp_path: Path):
    loaded = load('fetch: {release: "1", until: 2013-06}', tmp_path)
    assert loaded == params.Fetch(release="1", until="2013-06")


def test_missing_unknown_and_impossible_keys_are_listed_together(tmp_path: Path):
    with pytest.raises(OntimeError) as error:
        load("fetch: {till: 2013-06, until: 2013-13}", tmp_path)
    text = str(error.value)
    assert "release: missing" in text
    assert "till: unknown" in text
    assert "found '2013-13'" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("validate: {}", "no section 'fetch'; found: ['validate']"),
        ("fetch: 3", "expected keys and values; found 3"),
        ("- fetch", "must hold sections"),
        ("fetch: {release: [}", "not valid YAML"),
        ("fetch: {release: '1', until: 2013-06-31}", "not valid YAML"),
        ("fetch: {release: '1', until: 2013-06, 3: 4}", "3: unknown"),
        ("fetch: {release: '1', until: 2013-06}\nvalidat: {}", "unknown sections ['validat']"),
        ('fetch: {release: 1, until: "2013-06"}', "release: Input should be a valid string; found 1"),
    ],
)
def test_a_wrong_file_says_what_was_expected(text: str, expected: str, tmp_path: Path):
    with pytest.raises(OntimeError) as error:
        load(text, tmp_path)
    assert expected in str(error.value)


def test_no_file_says_where_to_run(tmp_path: Path):
    with pytest.raises(OntimeError, match="run from the folder"):
        params.load(tmp_path / "params.yaml", "fetch")


def test_a_text_is_no_number(tmp_path: Path):
    text = "validate: {max_quarantined: 1e-3, max_extreme: 2, shift_warn: 0, shift_stop: 'x'}"
    with pytest.raises(OntimeError) as error:
        load(text, tmp_path, "validate")
    assert [line.split(":")[0].strip() for line in str(error.value).splitlines()[1:]] == [
        "max_extreme",
        "shift_warn",
        "shift_stop",
    ]


@pytest.mark.parametrize(("warn", "stop", "expected"), [(0.3, 0.2, "above shift_stop"), (0.1, ".inf", "shift_stop")])
def test_levels_that_make_no_sense_are_refused(warn: float, stop: float, expected: str, tmp_path: Path):
    text = f"validate: {{max_quarantined: 0.1, max_extreme: 0.1, shift_warn: {warn}, shift_stop: {stop}}}"
    with pytest.raises(OntimeError, match=expected):
        load(text, tmp_path, "validate")
