"""Clean tables, a model and costs -> features as of each row's moment, and the answers to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ontime.core.evaluation.conformal import Calibration, conformal_set
from ontime.core.evaluation.costs import decide
from ontime.core.features.point_in_time import read_as_of
from ontime.core.features.table import MARGIN_DAYS, ROW, assemble, months_needed
from ontime.core.serving.admission import Tables
from ontime.core.serving.bundle import Bundle
from ontime.dataset.features import FeatureSet, Window

ANSWER = [*ROW, "provisional", "probability", "decision", "conformal_set", "model", "data"]
TYPES = dict.fromkeys(ANSWER, "str") | {
    "starts_at": "datetime64[us, UTC]",
    "day": "datetime64[us]",
    "predict_at": "datetime64[us, UTC]",
    "provisional": "bool",
    "probability": "float64",
}
HOUR = pd.Timedelta(hours=1)
BOTH = "both"
SETS = ("empty", "false", "true", BOTH)  # by what they hold: 1 for False, 2 for True


@dataclass(frozen=True)
class AnswerTerms:
    """What answers depend on beside the rows and the messages.

    features: what the model of the bundle reads. data_version: what answers say of the messages.
    now: the moment of asking; without it, all that was to be known is known.
    """

    features: FeatureSet
    bundle: Bundle
    data_version: str
    now: pd.Timestamp | None = None


def features_as_of(
    features: FeatureSet, rows: Tables, tables: Tables, lead_hours: float, now: pd.Timestamp | None = None
) -> pd.DataFrame:
    """The feature table as of `predict_at`, or as of `now` where that is earlier; such rows are `provisional`.

    rows: tables with just the rows to compute; tables: the same with their past. The `predict_at` of a provisional row
    is `now`: what becomes known later is not read.
    """
    frame = features.rows(rows, lead_hours)
    due = frame["predict_at"]
    if now is not None:
        frame = frame.assign(predict_at=due.where(due <= now, now.as_unit("us")))
    table = assemble(features, frame, read_as_of(features.asof, frame, features.events(tables)))
    return pd.concat([table, (frame["predict_at"] < due).rename("provisional")], axis=1)


def answer_table(table: pd.DataFrame, terms: AnswerTerms) -> pd.DataFrame:
    """The answer to each row of a table of `features_as_of`: columns ANSWER."""
    bundle = terms.bundle
    probability = bundle.model.predict(table)
    answers = table[[*ROW, "provisional"]].assign(
        probability=probability,
        decision=decide(probability, bundle.costs),
        conformal_set=set_names(conformal_set(probability, bundle.calibration)),
        model=bundle.version,
        data=terms.data_version,
    )
    return answers[ANSWER].astype(dict.fromkeys(("decision", "conformal_set", "model", "data"), "str"))


def no_answers() -> pd.DataFrame:
    """Answers to no rows."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in TYPES.items()})


def set_names(sets: np.ndarray) -> np.ndarray:
    """What each conformal set holds, in a word. sets: (n, 2) bool, whether False is in it, and whether True is."""
    return np.array(SETS)[sets[:, 0] + 2 * sets[:, 1]]


def set_name(probability: float, calibration: Calibration) -> str:
    """What the conformal set of one probability holds."""
    return SETS[(1 - probability >= calibration.false) + 2 * (probability >= calibration.true)]


def hours_ahead(month: str, terms: AnswerTerms) -> float:
    """How long before a month begins its first rows are answered: the lead, or more where now is earlier."""
    ahead = (pd.Timestamp(f"{month}-01", tz="UTC") - terms.now) / HOUR if terms.now is not None else 0.0
    return max(terms.bundle.lead_hours, ahead)


def months_read(month: str, terms: AnswerTerms) -> list[str]:
    """The months that the rows of a month may read: those around it, and those before now.

    Where now is long before the month, the months between are not read: nothing is known of them.
    """
    needed = months_needed(terms.features, month, hours_ahead(month, terms))
    if terms.now is None:
        return needed
    windows = [asof for asof in terms.features.asof if isinstance(asof, Window)]
    ahead = max((window.ahead for window in windows), default=0.0)
    around = max((window.hours for window in windows if window.anchor == "starts_at"), default=0.0)
    last = terms.now + pd.Timedelta(hours=ahead, days=MARGIN_DAYS)
    first = pd.Timestamp(f"{month}-01") - pd.Timedelta(hours=around, days=MARGIN_DAYS)
    return [name for name in needed if name <= f"{last:%Y-%m}" or name >= f"{first:%Y-%m}"]
