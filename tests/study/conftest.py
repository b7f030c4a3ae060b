"""What is asserted of the committed record is asserted of it alone: not of an experiment in the workspace."""

import pytest
from repositories import REPOSITORY, run


@pytest.fixture(autouse=True, scope="session")
def committed_params() -> None:
    if run("git", "diff", "--quiet", "HEAD", "--", "params.yaml", folder=REPOSITORY).returncode:
        pytest.skip("the workspace holds an experiment: its params differ from those that are committed")
