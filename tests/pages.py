"""The script that fills in README and docs/, as a module."""

import importlib.util
from types import ModuleType

from repositories import REPOSITORY


def pages_of() -> ModuleType:
    """The module that fills in pages."""
    spec = importlib.util.spec_from_file_location("pages_script", REPOSITORY / ".ci/pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = pages_of()
