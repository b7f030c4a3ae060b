"""The command line: a verb is a module, its help is the module's first line."""

import subprocess
import sys
from pathlib import Path

import pytest
from repositories import run

from ontime import cli
from ontime.flights import FLIGHTS


def test_every_stage_and_action_is_a_verb_and_none_stands_twice(repository: Path):
    source = repository / "src/ontime"
    names = [path.stem for folder in ("stages", "actions") for path in (source / folder).glob("[!_]*.py")]
    assert sorted(names) == sorted(cli.verbs())


def test_a_verb_of_two_words_is_a_module_of_two_words():
    assert cli.words_of("data_verify") == ["data", "verify"]
    assert cli.words_of("ci_report") == ["ci-report"]
    assert cli.verb_of(["compare", "HEAD", "HEAD"]) == "compare"
    assert cli.verb_of(["fetch"]) == "fetch"
    assert cli.verb_of(["--help"]) is None
    assert all(cli.verb_of(cli.words_of(verb)) == verb for verb in cli.verbs())


def test_help_lists_the_verbs_with_what_they_do(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as ended:
        cli.main(FLIGHTS, ["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "fetch The source's tables -> data/raw/" in shown
    assert "validate data/raw/ and its contract" in shown


def test_help_of_a_verb_names_its_params(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit):
        cli.main(FLIGHTS, ["fetch", "--help"])
    assert "Reads of params.yaml: fetch.release, fetch.until." in " ".join(capsys.readouterr().out.split())


def test_an_unknown_verb_is_a_usage_error_that_names_the_known_ones(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as ended:
        cli.main(FLIGHTS, ["fetsch"])
    assert ended.value.code == 2
    assert "'fetch'" in capsys.readouterr().err


def test_an_error_of_the_user_is_shown_without_traceback(tmp_path: Path):
    done = run(sys.executable, "-m", "ontime", "fetch", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("fetch: params.yaml is missing: run from the folder that holds dvc.yaml and params.yaml\n")


def test_an_interrupt_is_a_word_and_the_code_of_a_shell(monkeypatch, capsys: pytest.CaptureFixture):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.params, "load", interrupt)
    assert cli.main(FLIGHTS, ["fetch"]) == 130
    assert capsys.readouterr().err == "fetch: interrupted\n"


def test_help_does_not_load_the_dataset():
    code = """
import sys
from ontime import cli
from ontime.flights import FLIGHTS
try:
    cli.main(FLIGHTS, ["--help"])
except SystemExit:
    print([name for name in ("pandera", "ontime.flights.contract.columns") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
