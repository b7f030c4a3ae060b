"""How far a replay has come, as a checkpoint holds it."""

import json

import pytest
from loops import Fakes, rules, run_days

from ontime.core.loop.progress import Progress, RunProgress, Serving
from ontime.errors import OntimeError


def progress() -> Progress:
    state, decisions, _ = run_days(Fakes({"m04-01": 0.6, "else": 0.25}, drift=0.5), rules(), 45)
    serving = [Serving("m04-01", "m05-06", "")] * 45
    return Progress(45, {"gated": RunProgress(state, decisions, serving)})


def test_progress_comes_back_from_its_text_as_it_was():
    done = progress()
    assert done.runs["gated"].decisions
    assert Progress.load(done.text()) == done


def test_progress_that_is_not_whole_is_refused_with_all_that_is_wrong():
    content = json.loads(progress().text())
    content["days"] = "many"
    del content["runs"]["gated"]["decisions"][0]["reason"]
    with pytest.raises(OntimeError) as refused:
        Progress.load(json.dumps(content))
    text = str(refused.value)
    assert text.startswith("the progress of the replay:")
    assert "days: " in text
    assert "runs.gated.decisions.0.reason: missing" in text
    with pytest.raises(OntimeError, match="the progress of the replay is not valid JSON"):
        Progress.load('{"days": 4')
