"""Rows as they come, and what is known of the streams -> their answers as of now; one writer, many readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ontime.core.contract.columns import clean_dtypes
from ontime.core.contract.values import Value, frame_rows, rows_frame
from ontime.core.contract.violations import row_labels
from ontime.core.features.moments import HOUR, NEVER, microseconds
from ontime.core.features.online import OnlineFeatures, columns_read, records
from ontime.core.serving.admission import Tables
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.model_rows import Row
from ontime.core.serving.row_answers import Answer, Answerer
from ontime.dataset.contract import Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.stress import Source
from ontime.errors import ModelUnfitError, NotReadyError, OntimeError, UnknownRowError

KEPT = 96 * HOUR  # after it started, a row may still be corrected, and rows after it may follow from it
# A row that changes moves those of its day and later that are joined with it, and of the day before: local days and UTC
# differ. What these are made of is a day older.
NEXT_DAY = np.timedelta64(1, "D")
FROM_DAY = 4 * NEXT_DAY
SHOWN = 10  # unknown rows in an error

Clean = Mapping[str, Value]
Events = dict[str, Mapping[str, Any]]  # by id


class RowAnswer(NamedTuple):
    """The answer to a row, and what it rests on. Moments are whole microseconds since 1970.

    predict_at: as of when it is answered. provisional: whether that is before the moment that the model is made for.
    version: of the bundle. received: the number of the last message that was taken in. silent: the sources that had
    then been silent for too long, so that the fallback answered.
    """

    id: str
    starts_at: int
    predict_at: int
    provisional: bool
    version: str
    received: int
    silent: tuple[str, ...]
    answer: Answer


class Known(NamedTuple):
    """What is known of rows (n) as of each row's `predict_at`: the moment that was asked for, or an earlier one.

    rows: with their own features. values: (n, names), what was read of the streams. silent: of each row the sources
    that had then been silent for too long. received: the number of the last message that was taken in.
    """

    rows: Sequence[Row]
    values: np.ndarray
    silent: list[tuple[str, ...]]
    received: int


class OnlineState:
    """Every row that may be asked for, with its own features, which are computed when its message comes.

    features: a feature set that declares what the models read. sources: by name, streams that fail together.
    silent_hours: by source, after how long without a message or a heartbeat it counts as silent; what is read by
    absence waits for its source in any case. alive_until: up to when every source is alive throughout.

    One thread writes and any number read; a reader sees a call whole or not at all.
    """

    def __init__(
        self,
        contract: Sequence[Table],
        features: FeatureSet,
        lead_hours: float,
        sources: Mapping[str, Source],
        silent_hours: Mapping[str, float] | None = None,
        alive_until: int = NEVER,
    ) -> None:
        """Raises OntimeError where hours are given for a source that there is not."""
        self.features, self.lead_hours = features, lead_hours
        self._sources, self._silent_hours = sources, silent_hours or {}
        if unknown := self._silent_hours.keys() - sources.keys():
            raise OntimeError(f"silent hours of {', '.join(sorted(unknown))}: expected sources: {', '.join(sources)}")
        self._watched = {stream for source in sources.values() for stream in source.streams}
        self.online = OnlineFeatures(features.asof, features.waiting, self._watched)
        self.online.alive_until = alive_until
        self._contract = {table.name: table for table in contract if table.name in features.tables}
        self._dtypes = {name: clean_dtypes(table) for name, table in self._contract.items()}
        self._predicted = features.tables[0]
        self._streams = {one.stream for one in features.asof} | self._watched
        self._rows: dict[str, Row] = {}
        self._clean: dict[str, dict[str, Clean]] = {name: {} for name in self._dtypes}
        self._joined: defaultdict[Value, set[str]] = defaultdict(set)  # predicted rows by the value that joins them

    def load(self, tables: Tables) -> None:
        """Take in all the rows of clean tables, in place of what was there."""
        features, rows = self.features, self.features.rows(tables, self.lead_hours)
        alive_until = self.online.alive_until
        events = features.events(tables)
        self.online = OnlineFeatures.of(features.asof, events, features.waiting, self._watched, alive_until)
        self._rows = {row["id"]: row for row in records(rows)}
        last = min(alive_until, int(microseconds(rows["starts_at"]).max(initial=0)))
        for name, table in self._contract.items():
            recent = tables[name][tables[name]["day"] > _first_day_kept(last)]
            cleans = frame_rows(self._dtypes[name], recent)
            for label, clean in zip(row_labels(table, recent), cleans, strict=True):
                self._keep(name, label, clean)

    def take(self, changed: Mapping[str, Sequence[LiveRow]], received: int = 0) -> None:
        """Take in rows as they stand after messages, by table. received: the number of the last of these messages."""
        changes = {
            name: [row for row in rows if not row.waits and None not in row.key] for name, rows in changed.items()
        }
        names = {name: {row.name for row in rows} for name, rows in changes.items()}
        moved = names | {self._predicted: self._moved_by(changes.get(self._predicted, []))}
        before = self._events_before(moved)
        for name, rows in changes.items():
            for row in rows:
                self._keep(name, row.name, row.clean)
        predicted = names.get(self._predicted, set())
        beside = self._joined_with(moved[self._predicted])
        after, own = self._events_after(moved, beside), self._own(predicted)
        with self.online.lock:
            self._replace(before, after)
            for name in predicted:
                self._rows.pop(name, None)
            self._rows.update(own)
            self.online.received = max(self.online.received, received)

    def hear(self, source: str, moment: int) -> None:
        """A source is alive at a moment: a heartbeat."""
        with self.online.lock:
            for stream in self._sources[source].streams:
                self.online.hear(stream, moment)

    def forget(self, now: int) -> None:
        """Forget rows that started long before, and what none of the others reads any more."""
        with self.online.lock:
            self.online.forget(now - KEPT - int(self.lead_hours * HOUR))
            for name in [name for name, row in self._rows.items() if row["starts_at"] <= now - KEPT]:
                del self._rows[name]
            for table, kept in self._clean.items():
                for name in [name for name, clean in kept.items() if clean["day"] <= _first_day_kept(now)]:
                    self._keep(table, name, None)

    def answer(self, ids: Sequence[str], answerer: Answerer, now: int, reasons: int = 0) -> list[RowAnswer]:
        """The answers to rows as of now, or as of each row's `predict_at` where that is earlier.

        Raises UnknownRowError with all rows that are not known, NotReadyError where none has come yet, ModelUnfitError
        where the bundle is of another lead or reads other columns. reasons: as for `Answerer.answer`.
        """
        self.check_fit(answerer)
        if not ids:
            return []
        known = self.known(ids, now)
        fallback = np.array([bool(sources) for sources in known.silent]) if any(known.silent) else None
        answers = answerer.answer(known.rows, known.values, fallback, reasons)
        due, version = int(self.lead_hours * HOUR), answerer.bundle.version
        return [
            RowAnswer(
                row["id"],
                row["starts_at"],
                row["predict_at"],
                row["predict_at"] < row["starts_at"] - due,
                version,
                known.received,
                sources,
                answer,
            )
            for row, sources, answer in zip(known.rows, known.silent, answers, strict=True)
        ]

    def known(self, ids: Sequence[str], now: int) -> Known:
        """What is known of rows as of now, or as of each row's `predict_at` where that is earlier.

        Raises UnknownRowError with all rows that are not known, NotReadyError where none has come yet.
        """
        with self.online.lock:
            rows = self._as_of(ids, now)
            silent = [self._silent(row["predict_at"]) for row in rows]
            return Known(rows, self._read(rows), silent, self.online.received)

    def row(self, name: str) -> Row | None:
        """A row that may be asked for, with its own features; None where it is not known."""
        return self._rows.get(name)

    @property
    def has_rows(self) -> bool:
        """Whether any row may be asked for."""
        return bool(self._rows)

    def names(self) -> list[str]:
        """The rows that may be asked for."""
        return [*self._rows]

    def keeps(self, table: str, name: str) -> bool:
        """Whether a row of a table is kept as it stands, since it may still be corrected."""
        return name in self._clean[table]

    def last_heard(self, source: str, now: int) -> int:
        """The last moment up to `now` at which a source was heard from; NEVER where there is none."""
        return self._last_heard(source, now)

    def check_fit(self, answerer: Answerer) -> None:
        """Raises ModelUnfitError where a bundle is of another lead, or reads other columns than the state has."""
        bundle = answerer.bundle
        if bundle.lead_hours != self.lead_hours:
            raise ModelUnfitError(
                f"bundle {bundle.version} answers {bundle.lead_hours:g} hours ahead, and the state was made for "
                f"{self.lead_hours:g}: make a state for this bundle"
            )
        if answerer.names != self.online.names:
            raise ModelUnfitError(f"bundle {bundle.version} was made ready for other columns than the state has")

    def _as_of(self, ids: Sequence[str], now: int) -> list[Row]:
        if not self._rows:
            raise NotReadyError(
                "expected rows to be asked for, found none: load clean months, or send the schedule first"
            )
        if unknown := [name for name in ids if name not in self._rows]:
            more = f" and {len(unknown) - SHOWN:,} more" if len(unknown) > SHOWN else ""
            raise UnknownRowError(
                f"expected rows whose schedule has come; {', '.join(unknown[:SHOWN])}{more} are not known: "
                "correct the key, or send the schedule first"
            )
        rows = [self._rows[name] for name in ids]
        return [row if row["predict_at"] <= now else {**row, "predict_at": now} for row in rows]

    def _silent(self, moment: int) -> tuple[str, ...]:
        """The sources that have been silent for too long at a moment."""
        return tuple(
            source
            for source, hours in self._silent_hours.items()
            if self._last_heard(source, moment) < moment - hours * HOUR
        )

    def _last_heard(self, source: str, moment: int) -> int:
        return max(self.online.last_heard(stream, moment) for stream in self._sources[source].streams)

    def _read(self, rows: Sequence[Row]) -> np.ndarray:
        """What was known of the streams: (n, names)."""
        if len(rows) == 1:
            return np.array([self.online.read(rows[0])])
        columns = self.online.read_many(rows)
        return np.column_stack([columns[name] for name in self.online.names])

    def _keep(self, table: str, name: str, clean: Clean | None) -> None:
        """Keep a row as it stands, or no longer."""
        column = self.features.joined_by if table == self._predicted else ""
        before = self._clean[table].pop(name, None)
        if column and before is not None and before[column] is not None:
            self._joined[before[column]].discard(name)
        if clean is None:
            return
        self._clean[table][name] = clean
        if column and clean[column] is not None:
            self._joined[clean[column]].add(name)

    def _moved_by(self, rows: Iterable[LiveRow]) -> set[str]:
        """Predicted rows, and those after them that are joined with them as they were or as they are now."""
        kept, moved = self._clean[self._predicted], set()
        for row in rows:
            moved.add(row.name)
            for clean in (kept.get(row.name), row.clean):
                if clean is not None:
                    moved |= {name for name in self._joined_to(clean) if kept[name]["day"] >= clean["day"] - NEXT_DAY}
        return moved

    def _joined_with(self, names: Iterable[str]) -> set[str]:
        """Predicted rows of these names, and all that are joined with them."""
        kept = self._clean[self._predicted]
        return {*names}.union(*(self._joined_to(kept[name]) for name in names if name in kept))

    def _joined_to(self, clean: Clean) -> set[str]:
        column = self.features.joined_by
        return self._joined.get(clean[column], set()) if column else set()

    def _replace(self, before: Mapping[str, Events], after: Mapping[str, Events]) -> None:
        """Take out the events that are no more, and in those that are new or changed."""
        for stream in self._streams:
            for identity in before[stream].keys() - after[stream].keys():
                self.online.remove(stream, identity)
            for identity, event in after[stream].items():
                if before[stream].get(identity) != event:
                    self.online.add(stream, event)

    def _events_before(self, names: Mapping[str, Iterable[str]]) -> dict[str, Events]:
        """By stream the events that rows of these names have made: those of predicted rows have their id."""
        others = {table: [name for name in rows if name in self._clean[table]] for table, rows in names.items()}
        events = self._events(others | {self._predicted: []})
        for stream in self._streams:
            if self.features.streams[stream].table == self._predicted:
                known = {name: self.online.event(stream, name) for name in names[self._predicted]}
                events[stream] = {name: event for name, event in known.items() if event is not None}
        return events

    def _events_after(self, moved: Mapping[str, Iterable[str]], beside: Iterable[str]) -> dict[str, Events]:
        """By stream the events that rows of these names make as they stand, with the rows that stand beside them."""
        events = self._events({**moved, self._predicted: beside})
        for stream in self._streams:
            if self.features.streams[stream].table == self._predicted:
                wanted = {*moved[self._predicted]}
                events[stream] = {name: event for name, event in events[stream].items() if name in wanted}
        return events

    def _events(self, names: Mapping[str, Iterable[str]]) -> dict[str, Events]:
        """By stream that is read, the events that the rows of these names make as they stand."""
        tables = self._tables(names)
        if all(table.empty for table in tables.values()):
            return {stream: {} for stream in self._streams}
        events = self.features.events(tables)
        columns = {stream: columns_read(self.features.asof, stream) for stream in self._streams}
        return {
            stream: {event["id"]: event for event in records(events[stream][read])} for stream, read in columns.items()
        }

    def _own(self, names: set[str]) -> dict[str, Row]:
        """Predicted rows by id, with their keys and own features."""
        tables = self._tables({self._predicted: names})
        rows = tables[self._predicted]
        return {} if rows.empty else {row["id"]: row for row in records(self.features.rows(tables, self.lead_hours))}

    def _tables(self, names: Mapping[str, Iterable[str]]) -> dict[str, pd.DataFrame]:
        frames = {}
        for name, dtypes in self._dtypes.items():
            kept = self._clean[name]
            frames[name] = rows_frame(dtypes, [kept[row] for row in sorted(names.get(name, ())) if row in kept])
        return frames


def _first_day_kept(now: int) -> np.datetime64:
    """Rows of later days are kept as they stand."""
    return np.datetime64(now - KEPT, "us") - FROM_DAY
