"""What answers runs in an environment of the base and the extra `serve` alone, as requirements.lock pins them."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from repositories import REPOSITORY

HEAVY = {
    "dvc",
    "scikit-learn",
    "matplotlib",
    "polars",
    "dask",
    "pyspark",
    "ibis-framework",
    "modin",
    "jinja2",
    "pytest",
}
MODULES = [
    *("service", "core.serving.online_state", "core.loop.advance", "io.bundle_files", "flights"),
    *(f"service.edge.{path.stem}" for path in (REPOSITORY / "src/ontime/service/edge").glob("[a-z]*.py")),
]


def wanted(requirements: list[str]) -> set[str]:
    """The names of all that is needed by these, as it is installed here."""
    names: set[str] = set()
    open_ones = [(Requirement(one), "") for one in requirements]
    seen = set()
    while open_ones:
        requirement, extra = open_ones.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                open_ones += [(Requirement(one), extra) for one in importlib.metadata.requires(name) or ()]
        names.add(name)
    return names


def locked(names: set[str]) -> str:
    """The part of requirements.lock that is about these, with the hashes."""
    blocks = re.split(r"^(?=\w)", (REPOSITORY / "requirements.lock").read_text(), flags=re.MULTILINE)
    return "".join(block for block in blocks if canonicalize_name(re.match(r"[\w.-]*", block)[0]) in names)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = wanted([*project["dependencies"], *project["optional-dependencies"]["serve"]])
    (folder / "serve.lock").write_text(locked(names))
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    made = folder / "venv/bin/python"
    install = [made, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", folder / "serve.lock"]
    subprocess.run(install, check=True)
    return made


def output(python: Path, *arguments: str) -> str:
    done = subprocess.run(
        [python, *arguments],
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_heavy_is_installed(python: Path):
    listed = output(python, "-c", "import importlib.metadata as m; print(*[d.name for d in m.distributions()])").split()
    names = {canonicalize_name(name) for name in listed}
    assert names & HEAVY == set()
    assert names >= {"fastapi", "uvicorn", "lightgbm", "sqlalchemy"}


def test_verbs_are_listed_and_what_answers_can_be_imported(python: Path):
    assert "predict" in output(python, "-m", "ontime", "--help")
    output(python, "-c", "\n".join(f"import ontime.{module}" for module in MODULES))
