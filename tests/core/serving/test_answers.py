"""Which months answers read, and what their conformal sets are called."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ontime.core.evaluation.conformal import Calibration
from ontime.core.model.climatology import Climatology
from ontime.core.model.model import Inputs, Model
from ontime.core.serving.answers import AnswerTerms, months_read, set_names
from ontime.core.serving.bundle import Bundle
from ontime.flights import FLIGHTS
from ontime.params import Costs


def test_a_set_is_called_by_the_outcomes_in_it():
    sets = np.array([[False, False], [True, False], [False, True], [True, True]])
    assert set_names(sets).tolist() == ["empty", "false", "true", "both"]


def test_months_between_now_and_the_rows_are_not_read():
    costs = Costs(missed=10.0, false_alarm=3.0, unknown=1.0)
    fallback, calibration = Climatology({}, 0.2, []), Calibration(0.1, 0.1)
    bundle = Bundle("", Model("", Inputs({}, {})), 2.0, fallback, calibration, costs)
    terms = AnswerTerms(FLIGHTS.features, bundle, "", None)
    assert months_read("2013-12", terms) == ["2013-09", "2013-10", "2013-11", "2013-12", "2014-01"]
    expected = {
        "2014-06-01": ["2013-09", "2013-10", "2013-11", "2013-12", "2014-01"],
        "2013-11-20": ["2013-09", "2013-10", "2013-11", "2013-12", "2014-01"],
        "2013-02-10": ["2012-12", "2013-01", "2013-02", "2013-11", "2013-12", "2014-01"],
        "2013-02-26": ["2012-12", "2013-01", "2013-02", "2013-03", "2013-11", "2013-12", "2014-01"],
    }
    for now, months in expected.items():
        assert months_read("2013-12", replace(terms, now=pd.Timestamp(now, tz="UTC"))) == months
