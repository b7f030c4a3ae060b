"""What GitHub runs: nothing that is not here, with no more rights than it needs; and its scripts do what they say."""

import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from repositories import REPOSITORY, run
from ruamel.yaml import YAML

from ontime import cli
from ontime.core.report.review import MARKER

pytestmark = [pytest.mark.needs("git", "git"), pytest.mark.needs("make", "make")]

FILES = {path.stem: path for path in sorted((REPOSITORY / ".github/workflows").glob("*.yml"))}
WORKFLOWS: dict[str, Any] = {name: YAML(typ="safe").load(path.read_text()) for name, path in FILES.items()}
JOBS = {f"{name}/{job}": content for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()}
STEPS = [step for job in JOBS.values() for step in job["steps"]]
LINES = [line.strip() for step in STEPS for line in step.get("run", "").splitlines()]
SHELL = {"cat", "echo", "else", "fi", "gh", "git", "if", "mkdir", "sed", "source"}
MAY_WRITE = {"check/pictures": {"contents"}, "check/comment": {"pull-requests"}}
NOT_FROM_A_FORK = "github.event.pull_request.head.repo.full_name == github.repository"


def test_every_action_is_githubs_own_and_pinned_by_one_commit_with_its_release():
    text = "".join(path.read_text() for path in FILES.values())
    pins = set(re.findall(r"uses: (actions/[a-z-]+)[a-z/]*@([0-9a-f]{40}) # v\d+\.\d+\.\d+$", text, re.MULTILINE))
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert {(re.sub(r"(actions/[a-z-]+).*", r"\1", name), pin) for name, pin in (u.split("@") for u in used)} == pins
    assert len(dict(pins)) == len(pins), "one action, one pin"


def test_a_workflow_may_nothing_and_a_job_only_what_it_needs():
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {}, name
    for name, job in JOBS.items():
        writes = {right for right, level in job["permissions"].items() if level != "read"}
        assert writes == MAY_WRITE.get(name, set()), name
        assert job["timeout-minutes"], name


def test_the_projects_own_check_has_one_bound():
    runs = [step for step in STEPS if step.get("run") == ".ci/run"]
    assert [step["timeout-minutes"] for step in runs] == [30, 30]


def test_no_job_leaves_its_token_in_the_checkout():
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_a_fork_sends_reaches_neither_secrets_nor_rights_to_write():
    guarded = {name for name, job in JOBS.items() if NOT_FROM_A_FORK in " ".join(job.get("if", "").split())}
    assert guarded == {"check/pictures", "check/remote"}
    assert JOBS["check/comment"]["if"] == "${{ !cancelled() && needs.pictures.result == 'success' }}"
    assert {name for name, job in JOBS.items() if "secrets." in json.dumps(job)} == {"check/remote"}
    assert all("pull_request_target" not in path.read_text() for path in FILES.values())


def test_nothing_is_written_into_a_script_before_it_runs():
    assert [line for line in LINES if "${{" in line] == []


def test_every_program_of_a_workflow_is_a_part_of_this_repository_or_of_the_machine():
    ours = {"make", "dvc", "python", ".venv/bin/ontime", "ontime"}
    first = {line.split()[0] for line in LINES}
    scripts = {word for word in first if word.startswith(".ci/")}
    assert first - scripts <= SHELL | ours
    assert {".ci/run", ".ci/pictures", ".ci/comment"} <= scripts
    assert [word for word in scripts if not os.access(REPOSITORY / word, os.X_OK)] == []


def test_every_make_target_and_dvc_command_of_a_workflow_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = {line.split()[1] for line in LINES if line.startswith("make ")}
    assert targets == {"nightly", "twin"}
    assert all(re.search(rf"^{target}:.*## ", makefile, re.MULTILINE) for target in targets)
    commands = {tuple(re.match(r"dvc ((?:remote )?[a-z]+)", line)[1].split()) for line in LINES if line[:4] == "dvc "}
    assert commands == {("pull",), ("remote", "modify")}
    assert all(run("dvc", *words, "--help", folder=REPOSITORY).returncode == 0 for words in commands)


TYPED = [re.match(r"(?:\.venv/bin/)?ontime (.*)", line) for line in LINES]


@pytest.mark.parametrize("typed", sorted({match[1] for match in TYPED if match}))
def test_every_verb_of_a_workflow_exists(typed: str):
    assert cli.verb_of(typed.split())


def test_nightly_runs_what_a_change_does_not_wait_for():
    assert len(JOBS["nightly/python"]["strategy"]["matrix"]["python"]) == 2
    assert "-m 'not nightly'" in (REPOSITORY / "pyproject.toml").read_text()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare git repository, and beside it a folder `report` with a picture."""
    assert run("git", "init", "-q", "--bare", "remote", folder=tmp_path).returncode == 0
    (tmp_path / "report").mkdir()
    (tmp_path / "report/roc.png").write_bytes(b"picture")
    (tmp_path / "report/report.md").write_text("no picture")
    return tmp_path / "remote"


def pictures_of(remote: Path) -> list[str]:
    return run("git", "ls-tree", "-r", "--name-only", "ci-pictures", folder=remote).stdout.split()


def test_pictures_of_runs_at_the_same_time_all_arrive_on_a_branch_of_their_own(remote: Path):
    script, commits = REPOSITORY / ".ci/pictures", [digit * 40 for digit in "abc"]
    runs = " ".join(f"'{script}' report {commit} '{remote}' &" for commit in commits)
    done = run("bash", "-c", f"{runs} wait -n && wait -n && wait -n", folder=remote.parent)
    assert done.returncode == 0, done.stderr
    assert pictures_of(remote) == [f"{commit}/roc.png" for commit in commits]
    assert run(script, "report", commits[0], remote, folder=remote.parent).returncode == 0, "a run that is repeated"
    assert run("git", "branch", "--list", "main", "master", folder=remote).stdout == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("report", "../x", "remote"), "the commit in 40 digits"),
        (("report", "a" * 40), "Usage"),
        (("remote", "a" * 40, "remote"), "No pictures in remote"),
        (("report", "a" * 40, "nowhere"), "nowhere"),
    ],
)
def test_pictures_that_cannot_be_put_are_an_error_that_says_why(remote: Path, words: tuple[str, ...], says: str):
    done = run(REPOSITORY / ".ci/pictures", *words, folder=remote.parent)
    assert done.returncode != 0
    assert says in done.stderr
    assert pictures_of(remote) == []


class Comments(http.server.BaseHTTPRequestHandler):
    """The comments of one pull request, as GitHub's API serves them."""

    there: list[dict[str, Any]]

    def do_GET(self) -> None:
        self.answer(self.there)

    def do_POST(self) -> None:
        self.there.append({"id": len(self.there), "user": {"type": "Bot"}, "body": self.sent()})
        self.answer(self.there[-1])

    def do_PATCH(self) -> None:
        comment = self.there[int(self.path.rpartition("/")[2])]
        comment["body"] = self.sent()
        self.answer(comment)

    def sent(self) -> str:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def served() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of such a server, and its comments: a bot's and one that a person began with our marker."""
    there = [{"user": {"type": "Bot"}, "body": "hello"}, {"user": {"type": "User"}, "body": f"{MARKER}\nmine"}]
    there = [{"id": number, **comment} for number, comment in enumerate(there)]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Comments,), {"there": there}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", there
    server.shutdown()
    server.server_close()


@pytest.mark.nightly
@pytest.mark.needs("gh", "gh")
def test_a_report_is_one_comment_that_is_edited(served: tuple[str, list[dict[str, Any]]], tmp_path: Path):
    address, comments = served
    others = [dict(comment) for comment in comments]
    report = tmp_path / "report.md"
    # gh speaks plain HTTP to this host alone; the proxy brings it to the server above.
    given = {"GH_HOST": "github.localhost", "GH_ENTERPRISE_TOKEN": "none", "GH_CONFIG_DIR": str(tmp_path / "gh")}
    given |= {"HTTP_PROXY": address, "GITHUB_REPOSITORY": "owner/name"}
    for text in (f"{MARKER}\n\n## `HEAD` is better\n", f"{MARKER}\n\n## `HEAD` is worse\n"):
        report.write_text(text)
        done = run(REPOSITORY / ".ci/comment", "12", report, folder=tmp_path, **given)
        assert done.returncode == 0, done.stderr
        assert [comment["body"] for comment in comments[2:]] == [text]
    assert comments[:2] == others
    report.write_text("no report\n")
    assert "is it a report?" in run(REPOSITORY / ".ci/comment", "12", report, folder=tmp_path, **given).stderr
