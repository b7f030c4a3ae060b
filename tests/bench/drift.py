"""How long it takes to measure drift, beside the same tests on raw values; and how often p-values cry wolf.

Usage: python tests/bench/drift.py, where `data/` is (`dvc pull`). A measurement, never a test.
"""

import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from ontime.core.profiles.reference import ReferenceProfile
from ontime.io.formats import read_json
from ontime.io.model_files import read_signature
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files

FEATURES = 30
ROWS = 30_000
REPEATS = 5
DECILES = np.arange(1, 10) / 10


def main() -> None:
    """Print seconds, their ratio, and a table of alarms in the weeks after the reference."""
    files = Files()
    signature = read_signature(files.candidate)
    profile = ReferenceProfile.load(read_json(files.candidate / "reference.json")["features"], signature.features)
    rows = read_months(files.features, months(files.features), ["day", *signature.features])
    few = ReferenceProfile(dict(list(profile.features.items())[:FEATURES]), profile.weights)
    reference, current = rows.iloc[: signature.rows], rows.iloc[-ROWS:]
    fast = min(seconds(lambda: few.measure(current)) for _ in range(REPEATS))
    slow = seconds(lambda: [raw(reference[name], current[name]) for name in few.features])
    print(f"{FEATURES} features, {ROWS:,} rows: {1000 * fast:.0f} ms from the profile,", end=" ")
    print(f"{1000 * slow:.0f} ms raw against {len(reference):,} rows: {slow / fast:.0f} times as long")
    week = ((rows["day"] - rows["day"].min()) // pd.Timedelta(days=7)).to_numpy()
    many = seconds(lambda: profile.statistics(profile.count(rows, week)))
    print(f"{len(profile.features)} features, {len(rows):,} rows, {week.max() + 1} weeks: {many:.2f} s")
    alarms(profile, rows, week)


def alarms(profile: ReferenceProfile, rows: pd.DataFrame, week: np.ndarray) -> None:
    """How many features are beyond in a week: by p-values, and by what the reference's own weeks say."""
    statistics, own = profile.statistics(profile.count(rows, week)), len(profile.weekly_statistics("psi"))
    after = slice(own, week.max())  # the last week is not whole
    by_chance = (statistics["chi_square"] > -np.log10(0.05)).sum(axis=1)
    print(f"\nfeatures of {len(profile.features)} beyond: median, least and most of a week")
    show("p below 0.05, weeks of the reference", by_chance[:own])
    show("p below 0.05, weeks after it", by_chance[after])
    for test, statistic in statistics.items():
        beyond = (statistic > profile.thresholds(test, 0.95)).sum(axis=1)
        show(f"{test} above 95 % of own weeks, weeks of the reference", beyond[:own])
        show(f"{test} above 95 % of own weeks, weeks after it", beyond[after])


def show(what: str, counts: np.ndarray) -> None:
    """Print a line."""
    print(f"  {what:<75}{np.median(counts):>6.0f}{counts.min():>6}{counts.max():>6}")


def raw(reference: pd.Series, current: pd.Series) -> None:
    """The same tests on the values themselves, as a library would without a profile."""
    if not pd.api.types.is_numeric_dtype(reference):
        counts = pd.crosstab(pd.concat([reference, current]), np.repeat([0, 1], [len(reference), len(current)]))
        before, now = counts.to_numpy().T
    else:
        reference, current = (values.dropna().to_numpy(dtype=np.float64) for values in (reference, current))
        ks_2samp(reference, current)
        wasserstein_distance(reference, current)
        edges = np.unique(np.quantile(reference, DECILES))
        before, now = (
            np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
            for values in (reference, current)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jensenshannon(before, now)
    filled = before + now > 0
    chi2_contingency(np.array([before, now])[:, filled])
    shares = [(counts + 0.5) / (counts + 0.5).sum() for counts in (before, now)]
    np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))


def seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
