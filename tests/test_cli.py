"""The command line: a verb is a module, its help is the module's first line."""

import errno
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import REPOSITORY, call, run, toy_repository

from ontime import cli
from ontime.flights import FLIGHTS

ARGUMENTS = {
    "ci_report": ("HEAD", "HEAD"),
    "compare": ("HEAD", "HEAD"),
    "data_diff": ("HEAD", "HEAD"),
    "lead": ("h2",),
    "predict": ("--rows", "rows.csv", "--events", "messages", "--out", "out.csv"),
    "send": ("--since", "2013-11-01", "--until", "2013-11-03"),
}


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
    assert done.stderr == (
        "fetch: params.yaml is missing, here and above: run from the folder that holds dvc.yaml and params.yaml\n"
    )


@pytest.mark.parametrize("verb", sorted(cli.verbs()))
def test_every_verb_says_where_to_go_from_a_subfolder_and_outside(verb: str, tmp_path: Path):
    root = tmp_path / "my räpo copy"
    inside = root / "data/a b"
    inside.mkdir(parents=True)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(REPOSITORY / name, root)
    words = (*cli.words_of(verb), *ARGUMENTS.get(verb, ()))
    before = sorted(tmp_path.rglob("*"))
    below, outside = call(FLIGHTS, *words, folder=inside), call(FLIGHTS, *words, folder=tmp_path)
    assert (below.returncode, below.stdout, outside.returncode, outside.stdout) == (1, "", 1, "")
    command = below.stderr.partition("run it in its root: ")[2].strip()
    assert shlex.split(command) == ["cd", str(root)]
    assert "run from the folder that holds dvc.yaml and params.yaml" in outside.stderr
    assert sorted(tmp_path.rglob("*")) == before, "nothing is written"


@pytest.mark.needs("setpriv", "util-linux")
@pytest.mark.needs("git", "git")
@pytest.mark.parametrize("words", [("fetch",), ("document",), ("sweep",), ("ci-report", "HEAD", "HEAD")], ids=" ".join)
def test_a_checkout_that_is_read_only_is_told_in_words(words: tuple[str, ...], tmp_path: Path):
    root = tmp_path / "my räpo copy"
    root.mkdir()
    toy_repository(root)
    without_powers = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    folders = [root, *(path for path in root.rglob("*") if path.is_dir() and ".git" not in path.parts)]
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = run(*without_powers, sys.executable, "-m", "toy", *words, folder=root)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Permission denied: run as its owner, allow it" in done.stderr


@pytest.mark.parametrize(
    ("number", "says"), [("EROFS", "read-only"), ("ENOSPC", "make room"), ("EACCES", "as its owner")]
)
def test_what_the_system_refuses_is_told_in_words(number: str, says: str, monkeypatch, capsys, tmp_path: Path):
    def refuse(*_: object) -> None:
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)), "data/raw")

    (tmp_path / "params.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.params, "load", refuse)
    assert cli.main(FLIGHTS, ["fetch"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("fetch: data/raw: ")
    assert says in printed


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
