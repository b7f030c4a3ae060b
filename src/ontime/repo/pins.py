"""requirements.lock and pyproject.toml -> which packages are asked for, and the release and hashes of each."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==(\S+)((?:.|\n)*?)(?=^\S|\Z)", re.MULTILINE)
SHA = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package in requirements.lock: its release, the SHA-256 of every file of it that may be installed, its line."""

    version: str
    sha256: list[str]
    line: int


def pinned_packages(text: str) -> dict[str, Pin]:
    """Every package of a requirements.lock, by its normalised name."""
    return {
        normal_name(match[1]): Pin(match[2], SHA.findall(match[3]), text.count("\n", 0, match.start()))
        for match in PIN.finditer(text)
    }


def required_packages(project: str) -> list[str]:
    """The packages that a pyproject.toml asks for to run, extras among them, by their normalised names."""
    table = tomllib.loads(project).get("project", {})
    extras = table.get("optional-dependencies", {})
    requirements = [*table.get("dependencies", []), *(one for extra in extras.values() for one in extra)]
    return sorted(normal_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements)


def normal_name(package: str) -> str:
    """A package's name as packaging.python.org normalises it."""
    return re.sub(r"[-_.]+", "-", package).lower()
