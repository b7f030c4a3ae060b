"""The checks of a column, as pandera declares them -> predicates over arrays, so that a single value needs no frame."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pandera

from ontime.core.contract.values import EXACT, array_series, declared_dtype
from ontime.dataset.dtypes import FLAG, TEXT

REMEMBERED = 2**14  # values of a column whose verdict is kept
HOLDS = "holds"  # the statistic of a check that `value_check` made

Predicate = Callable[[np.ndarray], np.ndarray]  # values (n,), none missing -> bool (n,)


class NamedCheck(NamedTuple):
    """A check of a column: the name of its rule, and where it holds."""

    rule: str
    holds: Predicate


def value_check(name: str, holds: Predicate) -> pandera.Check:
    """A check of the dataset's own for numbers or text: `holds(values)` of an array (n,) gives bool (n,), by value."""

    def of_series(values: pd.Series) -> pd.Series:
        return pd.Series(holds(values.to_numpy()), index=values.index)

    return pandera.Check(of_series, name=name, statistics={HOLDS: holds})


def named_checks(name: str, column: pandera.Column) -> list[NamedCheck]:
    """The checks of the column of this name. Raises ValueError where one judges values together, when it does so."""
    return [NamedCheck(check_rule(check), _predicate(name, column, check)) for check in column.checks or []]


def check_rule(check: pandera.Check) -> str:
    """The name of the rule that a check is, with its bounds."""
    return check.error or check.name or "check"


def _predicate(name: str, column: pandera.Column, check: pandera.Check) -> Predicate:
    dtype, statistics = declared_dtype(column), check.statistics or {}
    if HOLDS in statistics and dtype in {TEXT, "Int64", "float64"}:
        return statistics[HOLDS]
    if check.name in BUILT_IN and dtype not in {TEXT, FLAG}:
        return BUILT_IN[check.name](statistics)
    if check.name in OF_TEXT and dtype == TEXT:
        return _by_value(OF_TEXT[check.name](statistics))
    return _by_value(_asked_of_pandera(name, dtype, check))


def _in_range(statistics: Mapping[str, Any]) -> Predicate:
    low, high = _bound(statistics["min_value"]), _bound(statistics["max_value"])
    above = operator.ge if statistics["include_min"] else operator.gt
    below = operator.le if statistics["include_max"] else operator.lt
    return lambda values: above(values, low) & below(values, high)


def _compared(compare: Callable[[Any, Any], Any], bound: str) -> Callable[[Mapping[str, Any]], Predicate]:
    def build(statistics: Mapping[str, Any]) -> Predicate:
        limit = _bound(statistics[bound])
        return lambda values: compare(values, limit)

    return build


def _bound(bound: Any) -> Any:  # noqa: ANN401 - a number or a moment
    """A bound that arrays can be compared with."""
    if not isinstance(bound, pd.Timestamp):
        return bound
    return (bound.tz_convert(None) if bound.tz else bound).as_unit("us").to_datetime64()


def _matches(statistics: Mapping[str, Any]) -> Callable[[Sequence[str]], list[bool]]:
    pattern = re.compile(statistics["pattern"])
    return lambda texts: [pattern.match(text) is not None for text in texts]


def _among(statistics: Mapping[str, Any]) -> Callable[[Sequence[str]], list[bool]]:
    allowed = frozenset(statistics["allowed_values"])
    return lambda texts: [text in allowed for text in texts]


def _asked_of_pandera(name: str, dtype: str, check: pandera.Check) -> Callable[[Sequence[Any]], list[bool]]:
    """What a check of any other kind says of values; slow, so that it is asked once for each value."""

    def judge(values: Sequence[Any]) -> list[bool]:
        content = np.array([*values], dtype=EXACT[dtype][0])
        verdict = check(array_series(content, dtype, pd.RangeIndex(len(content)))).check_output
        if not isinstance(verdict, pd.Series) or len(verdict) != len(values):
            raise ValueError(f"a check of {name} judges more than a value by itself: make it a measure")
        return verdict.astype(bool).tolist()

    return judge


def _by_value(judge: Callable[[Sequence[Any]], list[bool]]) -> Predicate:
    """The predicate that asks `judge` once for each different value."""
    known: dict[Any, bool] = {}

    def holds(values: np.ndarray) -> np.ndarray:
        listed = [*values] if values.dtype.kind == "M" else values.tolist()
        different = dict.fromkeys(listed)
        if len(known) > REMEMBERED:
            known.clear()
        new = [value for value in different if value not in known]
        if new:
            known.update(zip(new, judge(new), strict=True))
        return np.fromiter(map(known.__getitem__, listed), bool, len(listed))

    return holds


# By name of a check of pandera: what makes its predicate of its statistics.
BUILT_IN: dict[str, Callable[[Mapping[str, Any]], Predicate]] = {
    "in_range": _in_range,
    "greater_than_or_equal_to": _compared(operator.ge, "min_value"),
    "greater_than": _compared(operator.gt, "min_value"),
    "less_than_or_equal_to": _compared(operator.le, "max_value"),
    "less_than": _compared(operator.lt, "max_value"),
}
OF_TEXT = {"str_matches": _matches, "isin": _among}
