"""What the loop keeps from day to day, as JSON holds it."""

import json

import pytest
from loops import Fakes, rules, run_days

from ontime.core.loop.state import State
from ontime.errors import OntimeError


def test_a_state_goes_through_json():
    models = Fakes({"m04-01": 0.6, "else": 0.25}, drift=0.5)
    shadow, *_ = run_days(models, rules(), 45)
    promoted, *_ = run_days(models, rules(), 52)
    assert (shadow.challenger, promoted.former) == ("m05-06", "m04-01")
    for state in (shadow, promoted):
        assert State.load(json.loads(json.dumps(state.content()))) == state


def test_a_state_that_json_does_not_hold_whole_is_refused_with_all_that_is_wrong():
    state, *_ = run_days(Fakes({"else": 0.25}), rules(), 8)
    content = json.loads(json.dumps(state.content()))
    del content["champion"]
    content["readings"][0]["realised"] = "a little"
    with pytest.raises(OntimeError) as refused:
        State.load(content)
    text = str(refused.value)
    assert text.startswith("the state of the loop:")
    assert "champion: missing" in text
    assert "readings.0.realised" in text
