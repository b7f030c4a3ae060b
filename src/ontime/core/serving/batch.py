"""Rows, chunk after chunk -> their answers from months of messages; a month and its past are held at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.core.contract.findings import EXAMPLES, Finding, Level, quantity
from ontime.core.features.table import with_past
from ontime.core.serving.answers import AnswerTerms, answer_table, features_as_of, hours_ahead, months_read, no_answers
from ontime.core.serving.checked_months import CheckedMonths
from ontime.core.serving.messages import feed_tables, message_days, message_names, quarantine_entries
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError

OnFeatures = Callable[[str, pd.DataFrame], None]  # called with a month and its feature table

AHEAD = pd.Timedelta(days=400)  # more than any schedule is published before
ROWS = "rows"  # what the quarantine calls those that were asked for


@dataclass
class BatchPredictor:
    """Answers to rows that are asked for by the key of their messages.

    declared: the messages whose rows are predicted; on_features: sees each month's features before they are answered.
    """

    months: CheckedMonths
    declared: Messages
    terms: AnswerTerms
    on_features: OnFeatures = lambda *_: None
    _refused: list[pd.Series] = field(default_factory=list)

    def answer_all(
        self, batches: Iterable[pd.DataFrame], chunk: int, done: Callable[[int], object] = lambda _: None
    ) -> Iterator[pd.DataFrame]:
        """Answers to rows that come in batches, in their order; one frame at least, which may have no rows.

        chunk: so many rows of a month are answered at a time, or a batch more; done: called with the number of rows.
        """
        yield no_answers()
        for rows in whole_months(batches, self.month_of, chunk):
            yield self.answer(rows)
            done(len(rows))

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Answers in the order of the rows; what is in no schedule is refused.

        Raises ContractError, with what is wrong in any month, where a month does not keep the contract.
        """
        names, month = message_names(self._form, rows), self.month_of(rows)
        there = [str(name) for name in np.unique(month[~np.isnat(month)]) if str(name) in self.months.names]
        answers = [self._answer_month(name, names[month == np.datetime64(name)]) for name in there]
        table = answers[0] if len(answers) == 1 else pd.concat([no_answers(), *answers], ignore_index=True)
        place = _places(table["id"], names)
        if (place < 0).any():
            self._refused.append(names[place < 0])
        return _taken(table, place[place >= 0])

    def month_of(self, rows: pd.DataFrame) -> np.ndarray:
        """The month of each row's day, missing where that is no day: (n,) datetime64[M]."""
        return message_days(self._form, rows).astype("datetime64[M]")

    def refused(self) -> pd.Series:
        """What the rows are called that no sound schedule has."""
        return pd.concat([pd.Series(dtype="str"), *self._refused], ignore_index=True)

    def quarantine(self) -> pd.DataFrame:
        """All that was quarantined so far, in the order in which it was met; the rows that were refused last."""
        refused = quarantine_entries(self.refused(), ROWS, ", ".join(self.declared.key), f"in_{self._schedule}")
        return pd.concat([*self.months.quarantine.values(), refused], ignore_index=True)

    def findings(self) -> list[Finding]:
        """All findings so far, of which none stops; the rows that were refused are one."""
        refused = self.refused()
        if refused.empty:
            return self.months.findings
        problem = f"{quantity(len(refused), 'row')} that no sound {self._schedule} has"
        remedy = f"correct the key, or give the {self._schedule} of its month"
        column, examples = ", ".join(self.declared.key), tuple(refused.head(EXAMPLES))
        rule = f"in_{self._schedule}"
        return [*self.months.findings, Finding(Level.QUARANTINE, ROWS, None, column, rule, problem, remedy, examples)]

    @property
    def _schedule(self) -> str:
        """The feed whose messages are the rows."""
        return next(iter(self.declared.feeds))

    @cached_property
    def _form(self) -> Table:
        """The form of these messages."""
        return feed_tables(self.months.contract, [self.declared])[self._schedule]

    def _answer_month(self, month: str, names: pd.Series) -> pd.DataFrame:
        """Answers to the rows of these names that a month has, in the order in which they are first asked for."""
        terms = self.terms
        _check_moment(terms.now, month)
        kept = self.months.tables(months_read(month, terms))
        tables = with_past(terms.features, month, kept, hours_ahead(month, terms))
        rows = kept[month][self.declared.table]
        place = _places(rows["id"], names)
        place = pd.unique(place[place >= 0])
        if not len(place):
            return no_answers()
        own = {**kept[month], self.declared.table: _taken(rows, place)}
        table = features_as_of(terms.features, own, tables, terms.bundle.lead_hours, terms.now)
        self.on_features(month, table)
        return answer_table(table, terms)


def whole_months(
    batches: Iterable[pd.DataFrame], month_of: Callable[[pd.DataFrame], np.ndarray], rows: int
) -> Iterator[pd.DataFrame]:
    """The same rows in the same order, cut where a month begins; inside a month only after so many rows.

    Rows without a day are each a month of their own.
    """
    kept: list[pd.DataFrame] = []
    for batch in batches:
        waiting = pd.concat([*kept, batch], ignore_index=True)
        month = month_of(waiting)
        begins = np.flatnonzero(month[1:] != month[:-1]) + 1
        cut = int(begins[-1]) if len(begins) else len(waiting) if len(waiting) >= rows else 0
        if cut:
            yield waiting.iloc[:cut].reset_index(drop=True)
        kept = [waiting.iloc[cut:].reset_index(drop=True)]
    if kept and len(kept[0]):
        yield kept[0]


def _places(ids: pd.Series, names: pd.Series) -> np.ndarray:
    """Where the row of each name stands, -1 where there is none: (n,)."""
    place = pc.call_function("index_in", [pa.array(names)], pc.SetLookupOptions(pa.array(ids)))
    return place.fill_null(-1).to_numpy()


def _taken(rows: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """The rows at these places, in their order; no copy where that is all of them."""
    return rows if np.array_equal(place, np.arange(len(rows))) else rows.iloc[place].reset_index(drop=True)


def _check_moment(now: pd.Timestamp | None, month: str) -> None:
    if now is not None and now < pd.Timestamp(f"{month}-01", tz="UTC") - AHEAD:
        raise OntimeError(
            f"rows of {month} are asked for as of {now}: expected a moment at most {AHEAD.days} days before"
        )
