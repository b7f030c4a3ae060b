"""Checkpoints outlive a killed run, and serve only a run of the same ingredients."""

from pathlib import Path

import pytest

from ontime.io.checkpoints import stage_checkpoints
from ontime.io.paths import Files


def test_what_a_killed_run_kept_is_there_for_the_same_ingredients_only(tmp_path: Path):
    files = Files(tmp_path)
    with pytest.raises(ZeroDivisionError), stage_checkpoints(files, "stage", seed=1) as kept:
        kept["2013-01"] = "half of it"
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), stage_checkpoints(files, "stage", seed=1) as kept:
        assert dict(kept) == {"2013-01": "half of it"}
        raise ZeroDivisionError
    with stage_checkpoints(files, "stage", seed=2) as kept:
        assert dict(kept) == {}
        kept["2013-01"] = "all of it"
    with stage_checkpoints(files, "stage", seed=1) as kept:
        assert dict(kept) == {}


def test_a_checkpoint_can_be_replaced_and_removed(tmp_path: Path):
    with stage_checkpoints(Files(tmp_path), "stage") as kept:
        kept["b"], kept["a"] = "1", "2"
        kept["b"] = "3"
        assert list(kept.items()) == [("a", "2"), ("b", "3")]
        del kept["a"]
        assert (len(kept), kept.get("a")) == (1, None)
        with pytest.raises(KeyError):
            del kept["a"]
