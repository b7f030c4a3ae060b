"""Months of messages, a model and rows to score -> answers as of each row's moment, a month and its past at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ontime.core.contract.findings import EXAMPLES, ContractError, Finding, Level, counted
from ontime.core.evaluation.conformal import Calibration, conformal_set
from ontime.core.evaluation.costs import decide
from ontime.core.features.point_in_time import read
from ontime.core.features.table import MARGIN_DAYS, ROW, assemble, months_needed, with_past
from ontime.core.model.model import Model
from ontime.core.serving.admission import Admitted, Tables, admit, empty
from ontime.core.serving.messages import feed_tables, labels, quarantined
from ontime.dataset.contract import Table
from ontime.dataset.features import FeatureSet, Window
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError
from ontime.params import Costs

# What a feed says in a month, and what is wrong with its file; nothing where there is no file.
Read = Callable[[str, str], tuple[pd.DataFrame | None, list[Finding]]]
Watch = Callable[[str, pd.DataFrame], None]

ANSWER = [*ROW, "provisional", "probability", "decision", "conformal_set", "model", "data"]
SETS = pd.array(["none", "false", "true", "both"], dtype="str")
HOUR = pd.Timedelta(hours=1)
AHEAD = pd.Timedelta(days=400)  # more than any schedule is published before
ROWS = "rows"  # what the quarantine calls those that were asked for


@dataclass(frozen=True)
class Terms:
    """How rows are answered: by which model, at which costs, with sets of which calibration, from which data."""

    features: FeatureSet
    model: Model
    lead_hours: float
    costs: Costs
    calibration: Calibration
    model_version: str
    data_version: str
    now: pd.Timestamp | None = None


def as_of(
    features: FeatureSet, rows: Tables, tables: Tables, lead_hours: float, now: pd.Timestamp | None = None
) -> pd.DataFrame:
    """The feature table of `core.features.build` as of `now` where that is before `predict_at`: `provisional` rows.

    `predict_at` is then `now`: what becomes known later is not read. Without `now` all that was to be known is known.
    """
    frame = features.rows(rows, lead_hours)
    due = frame["predict_at"]
    if now is not None:
        frame = frame.assign(predict_at=due.where(due <= now, now.as_unit("us")))
    table = assemble(features, frame, read(features.asof, frame, features.events(tables)))
    return pd.concat([table, (frame["predict_at"] < due).rename("provisional")], axis=1)


def lead_to(month: str, terms: Terms) -> float:
    """Hours before a month at which its first rows are answered: the model's lead, or more where that is now."""
    ahead = (pd.Timestamp(f"{month}-01", tz="UTC") - terms.now) / HOUR if terms.now is not None else 0.0
    return max(terms.lead_hours, ahead)


def months_read(month: str, terms: Terms) -> list[str]:
    """The months that its rows may read: those around it, and those before now, where that is long before it."""
    needed = months_needed(terms.features, month, lead_to(month, terms))
    if terms.now is None:
        return needed
    windows = [one for one in terms.features.asof if isinstance(one, Window)]
    ahead = max((one.ahead for one in windows), default=0.0)
    around = max((one.hours for one in windows if one.anchor == "starts_at"), default=0.0)
    last = terms.now + pd.Timedelta(hours=ahead, days=MARGIN_DAYS)
    first = pd.Timestamp(f"{month}-01") - pd.Timedelta(hours=around, days=MARGIN_DAYS)
    return [each for each in needed if each <= f"{last:%Y-%m}" or each >= f"{first:%Y-%m}"]


def answers(table: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """The answer to each row of a table of `as_of`: columns ANSWER."""
    probability = terms.model.predict(table)
    sets = conformal_set(probability, terms.calibration)
    said = table[[*ROW, "provisional"]].assign(
        probability=probability,
        decision=decide(probability, terms.costs),
        conformal_set=SETS[sets @ np.array([1, 2])],
        model=terms.model_version,
        data=terms.data_version,
    )
    return said[ANSWER].astype(dict.fromkeys(("decision", "conformal_set", "model", "data"), "str"))


@dataclass
class Batch:
    """Rows that are asked for one chunk after another, answered from months of messages.

    Each month is checked once while it is needed, and forgotten when no window reaches it. read: a feed's month, all of
    whose findings come with it; there: the months that must be there, without gaps; where: what errors call them.
    """

    contract: Sequence[Table]
    messages: Sequence[Messages]
    reference: Tables
    read: Read
    there: Sequence[str]
    max_quarantined: float
    where: str
    terms: Terms
    watch: Watch = lambda *_: None
    quarantine: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _refused: list[pd.Series] = field(default_factory=list)
    _kept: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Answers in the order of the rows (the key of their messages); what is in no schedule is quarantined.

        Raises ContractError, with what is wrong in any month, where a month does not keep the contract.
        """
        asked = labels(self._asked, rows)
        month = self.month_of(rows)
        there = [each for each in np.unique(month[~np.isnat(month)]) if str(each) in self.there]
        said = [self._answer_month(str(each), asked[month == each]) for each in there]
        found = pd.concat([self.nothing(), *said], ignore_index=True) if len(said) != 1 else said[0]
        place = _places(found["id"], asked)
        if (unknown := asked[place < 0]).size:
            self._refused.append(unknown)
        place = place[place >= 0]
        return found if np.array_equal(place, np.arange(len(found))) else found.iloc[place].reset_index(drop=True)

    def refused(self) -> pd.Series:
        """What the rows are called that no sound schedule has."""
        return pd.concat([pd.Series(dtype="str"), *self._refused], ignore_index=True)

    def broken(self) -> pd.DataFrame:
        """All that was quarantined so far, in the order in which it was met; the rows that were refused last."""
        refused = quarantined(self.refused(), ROWS, ", ".join(self._asked.key), f"in_{self._first}")
        return pd.concat([*self.quarantine.values(), refused], ignore_index=True)

    def found(self) -> list[Finding]:
        """All that was found so far and does not stop; the rows that were refused are one finding."""
        refused = self.refused()
        if refused.empty:
            return self.findings
        told = f"{counted(len(refused), 'row')} that no sound {self._first} has"
        remedy = f"correct the key, or give the {self._first} of its month"
        column, examples = ", ".join(self._asked.key), tuple(refused.head(EXAMPLES))
        finding = Finding(Level.QUARANTINE, ROWS, None, column, f"in_{self._first}", told, remedy, examples)
        return [*self.findings, finding]

    def month_of(self, rows: pd.DataFrame) -> np.ndarray:
        """The month of each row's day, missing where that is no day: (n,) datetime64[M]."""
        return self._asked.day(rows).to_numpy(dtype="datetime64[M]")

    @cached_property
    def _forms(self) -> dict[str, Table]:
        return feed_tables(self.contract, self.messages)

    @property
    def _asked(self) -> Messages:
        return next(one for one in self.messages if one.table == self.terms.features.tables[0])

    @property
    def _first(self) -> str:
        return next(iter(self._asked.feeds))

    def _answer_month(self, month: str, asked: pd.Series) -> pd.DataFrame:
        _not_long_before(self.terms.now, month)
        own, tables = self._tables(month)
        predicted = self.terms.features.tables[0]
        rows = own[predicted]
        place = _places(rows["id"], asked)
        place = pd.unique(place[place >= 0])
        if not len(place):
            return self.nothing()
        if not np.array_equal(place, np.arange(len(rows))):
            rows = rows.iloc[place].reset_index(drop=True)
        table = as_of(self.terms.features, {**own, predicted: rows}, tables, self.terms.lead_hours, self.terms.now)
        self.watch(month, table)
        return answers(table, self.terms)

    def _tables(self, month: str) -> tuple[Tables, Tables]:
        """The clean tables of a month, and those with the past that it may read."""
        declared, lead_hours = self.terms.features, lead_to(month, self.terms)
        needed = [each for each in months_read(month, self.terms) if each in self.there]
        self._kept = kept = {each: self._kept.get(each) or self._admit(each) for each in needed}
        return kept[month], with_past(declared, month, kept, lead_hours)

    def _admit(self, month: str) -> dict[str, pd.DataFrame]:
        admitted = self._admitted(month)
        if any(finding.stops for finding in admitted.findings):
            rest = [each for each in self.there if each not in {month, *self.quarantine}]
            others = [finding for each in rest for finding in self._admitted(each).findings]
            raise ContractError([*self.findings, *admitted.findings, *others], self.where)
        if month not in self.quarantine:
            self.quarantine[month] = admitted.quarantine
            self.findings += admitted.findings
        return admitted.tables

    def _admitted(self, month: str) -> Admitted:
        feeds, findings, broken = {}, [], set()
        for feed, form in self._forms.items():
            frame, wrong = self.read(feed, month)
            wrong = wrong if frame is not None or wrong else _absent(feed, month, self.terms.now)
            broken |= {feed} if frame is None and wrong else set()
            findings += wrong
            feeds[feed] = empty(form) if frame is None else frame
        whole = [each for each in self.messages if broken.isdisjoint(each.feeds)]
        admitted = admit(self.contract, whole, month, feeds, self.reference, self.max_quarantined)
        return admitted._replace(findings=_once([*findings, *admitted.findings]))

    def nothing(self) -> pd.DataFrame:
        """Answers to no rows."""
        types = dict.fromkeys(ANSWER, "str") | {"day": "datetime64[us]", "probability": "float64"}
        types |= {"provisional": "bool"} | dict.fromkeys(("starts_at", "predict_at"), "datetime64[us, UTC]")
        return pd.DataFrame({name: pd.Series(dtype=types[name]) for name in ANSWER})


def whole_months(
    batches: Iterable[pd.DataFrame], month_of: Callable[[pd.DataFrame], np.ndarray], rows: int
) -> Iterator[pd.DataFrame]:
    """The same rows in the same order, cut where a month begins; inside a month only after so many rows.

    Rows without a day are each a month of their own.
    """
    kept: list[pd.DataFrame] = []
    for batch in batches:
        together = pd.concat([*kept, batch], ignore_index=True)
        month = month_of(together)
        begins = np.flatnonzero(month[1:] != month[:-1]) + 1
        cut = int(begins[-1]) if len(begins) else len(together) if len(together) >= rows else 0
        if cut:
            yield together.iloc[:cut].reset_index(drop=True)
        kept = [together.iloc[cut:].reset_index(drop=True)]
    if kept and len(kept[0]):
        yield kept[0]


def _places(ids: pd.Series, asked: pd.Series) -> np.ndarray:
    """Where each of those that are asked for stands, -1 where it does not: (n,)."""
    place = pc.call_function("index_in", [pa.array(asked)], pc.SetLookupOptions(pa.array(ids)))
    return place.fill_null(-1).to_numpy()


def _absent(feed: str, month: str, now: pd.Timestamp | None) -> list[Finding]:
    """A feed may be silent in a month that has not begun anywhere."""
    if now is not None and now < pd.Timestamp(f"{month}-01", tz="UTC") + pd.Timedelta(days=1):
        return []
    remedy = "give it, and if nothing has come, a file without rows"
    return [Finding(Level.STOP, feed, month, "the file", "file_present", "missing", remedy)]


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The first of several findings of one rule on the same column."""
    return list({(one.table, one.month, one.column, one.rule): one for one in reversed(findings)}.values())[::-1]


def _not_long_before(now: pd.Timestamp | None, month: str) -> None:
    if now is not None and now < pd.Timestamp(f"{month}-01", tz="UTC") - AHEAD:
        raise OntimeError(
            f"rows of {month} are asked for as of {now}: expected a moment at most {AHEAD.days} days before"
        )
