"""Predicted rows -> the worst mistakes of either kind, what misled the model in each, and what they have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.evaluation.slices import MIN_EITHER, MONTH, discoveries
from ontime.core.model.model import Model
from ontime.core.model.signature import TEXT
from ontime.core.statistics.day_metrics import Lift, Ratio, daily_sums
from ontime.core.statistics.intervals import THESE_MONTHS, estimate, interval_columns
from ontime.core.statistics.metrics import calendar_months
from ontime.params import Intervals

MISLED = 5
SHOWN = 10
DIGITS = 4
COLUMNS = ["mistakes", "share", "share_of_all", "lift", "lift_low", "lift_high", "lift_about", "chance"]
MISSED, FALSE_ALARM = "missed", "false alarm"


def worst_mistakes(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `count` rows of greatest loss among true outcomes, then as many among false ones, the worst first.

    Their column `kind` says which. The worst of both together would be of one kind alone: a rare outcome is missed by
    more than a common one is wrongly announced.
    """
    kinds = []
    for kind, outcome in ((MISSED, True), (FALSE_ALARM, False)):
        ordered = rows[rows["outcome"] == outcome].sort_values(["probability", "id"], ascending=[outcome, True])
        kinds.append(ordered.head(count).assign(kind=kind))
    return pd.concat(kinds)


def explain_mistakes(mistakes: pd.DataFrame, features: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The five features that pushed each mistake furthest the wrong way: `place`, `feature`, `value`, `contribution`.

    mistakes: id, day, kind, probability, outcome, in order, each five times in the result; features: the same rows. A
    contribution is a Shapley value of the trees, in log-odds of a true outcome (Lundberg and others, From local
    explanations to global understanding with explainable AI for trees, Nature Machine Intelligence 2, 2020).
    """
    pushed = model.contributions(features)
    names = np.array(list(model.inputs.types))
    wrong = np.where(mistakes["outcome"].to_numpy(bool)[:, None], pushed, -pushed)
    places = np.argsort(wrong, axis=1, kind="stable")[:, :MISLED]
    values = np.column_stack([_texts(features[name]) for name in names])
    lines = mistakes.loc[mistakes.index.repeat(places.shape[1])].reset_index(drop=True)
    return lines.assign(
        place=np.tile(np.arange(1, places.shape[1] + 1), len(mistakes)),
        feature=names[places].ravel(),
        value=np.take_along_axis(values, places, axis=1).ravel(),
        contribution=np.take_along_axis(pushed, places, axis=1).ravel(),
    )


def bands_in_common(rows: pd.DataFrame, bands: pd.DataFrame, mistakes: pd.DataFrame, params: Intervals) -> pd.DataFrame:
    """Bands that hold a larger share of the worst mistakes than of all rows, and by how much, the surest first.

    The intervals are about these months: the worst mistakes are those of a few of them, and speak of no others.
    Only bands with 20 mistakes are looked at, and no months, which do not come again; of those that stand out at most
    1 - level are expected to be there by chance, and the first ten of a kind are shown. rows, bands and mistakes share
    their index.
    """
    lines = []
    for kind, part in mistakes.groupby("kind", sort=True):
        worst = rows.index.isin(part.index)
        for name in bands.columns.difference([MONTH], sort=False):
            counts = bands[name][worst].value_counts()
            for band in counts.index[counts >= MIN_EITHER].sort_values():
                line = {"kind": kind, "slice": name, "band": band}
                lines.append(line | _lift(rows["day"], worst, (bands[name] == band).to_numpy(), params))
    table = pd.DataFrame(lines, columns=["kind", "slice", "band", *COLUMNS])
    kept = table[discoveries(table["chance"].to_numpy(np.float64), 1 - params.level) & (table["lift"] > 1)]
    kept = kept.sort_values(["kind", "lift_low"], ascending=[True, False]).groupby("kind").head(SHOWN)
    return kept.drop(columns="chance").round(DIGITS).reset_index(drop=True)


def _lift(day: pd.Series, worst: np.ndarray, in_band: np.ndarray, params: Intervals) -> dict[str, float]:
    """How much larger the share of a band is among the worst rows than among all."""
    masks = (in_band & worst, worst, in_band, np.ones(len(day)))
    both, mistakes, of_band, rows = daily_sums(day, *(mask.astype(float) for mask in masks))
    lift = estimate(Lift(Ratio(both, mistakes), Ratio(of_band, rows)), calendar_months(day), params, THESE_MONTHS)
    shares = {"mistakes": int(both.sum()), "share": both.sum() / mistakes.sum(), "share_of_all": in_band.mean()}
    bounds = interval_columns({"lift": lift}, params.level)
    return shares | bounds | {"chance": lift.p_value(1.0)}


def _texts(values: pd.Series) -> np.ndarray:
    texts = values if values.dtype == TEXT else values.map("{:g}".format)
    return texts.mask(values.isna(), "missing").to_numpy(object)
