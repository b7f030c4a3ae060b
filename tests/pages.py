"""The script that writes the numbers of README and docs/, as a module."""

import importlib.util
from types import ModuleType

from repositories import REPOSITORY


def pages_of() -> ModuleType:
    """The module that writes the numbers."""
    spec = importlib.util.spec_from_file_location("readme", REPOSITORY / ".ci/readme.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = pages_of()
