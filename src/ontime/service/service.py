"""The parts of the live half, put together: started in order, ended in order."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from ontime.core.features.moments import HOUR
from ontime.core.features.point_in_time import reach
from ontime.core.serving.admission import needed_tables
from ontime.core.serving.live_table import LiveRow
from ontime.core.serving.online_state import KEPT
from ontime.dataset.dataset import Dataset
from ontime.errors import NotReadyError
from ontime.params import Costs
from ontime.service.bundle_watch import BundleWatch
from ontime.service.clock import EventClock, Now, WallClock
from ontime.service.ingest import Ingest, Note
from ontime.service.live import Live
from ontime.service.records import ServiceRecords
from ontime.service.restore import logged_messages, rows_of_messages, rows_since, with_rows
from ontime.service.scheduler import Scheduler
from ontime.service.schemas import Schemas, schemas_of

log = logging.getLogger(__name__)

SWITCH = "climatology_only"  # a file of this name beside the bundle's folder: the kill switch


@dataclass(frozen=True)
class Settings:
    """How a service is run.

    bundle: the folder of what answers. lead_hours: for which lead. clock: 'wall', or 'events' for messages that are
    replayed. silent_hours: after how long a source counts as silent, where it is not known beforehand.
    """

    bundle: Path
    lead_hours: float
    silent_hours: float
    costs: Costs
    clock: str = "wall"


class Service:
    """Everything that answers, in one process."""

    def __init__(
        self,
        live: Live,
        clock: Now,
        ingest: Ingest,
        scheduler: Scheduler,
        watch: BundleWatch,
        records: ServiceRecords,
        schemas: Schemas,
    ) -> None:
        self.live, self.clock, self.ingest, self.scheduler = live, clock, ingest, scheduler
        self.watch, self.records, self.schemas = watch, records, schemas

    @classmethod
    def of(cls, dataset: Dataset, records: ServiceRecords, settings: Settings) -> Self:
        """From what a store holds. Raises NotReadyError where it has no clean months yet."""
        needed = [table.name for table in needed_tables(dataset.tables)]
        months = records.months([*dataset.features.tables, *needed])
        reference = {name: months[name] for name in needed if name in months}
        tables = {name: months[name] for name in dataset.features.tables if name in months}
        if len(tables) < len(dataset.features.tables):
            raise NotReadyError(
                "expected clean months in the store, found none: windows reach back weeks; run `ontime load` once"
            )
        end = _end(tables[dataset.features.tables[0]])
        silent_hours = _silent_hours(dataset, settings)
        live = Live(dataset, settings.lead_hours, reference, silent_hours, settings.costs, end)
        log_lines = records.log()
        rows = rows_of_messages(live.admission, logged_messages(dataset.tables, live.admission, log_lines))
        beats = [(line.name, line.moment) for _, line in log_lines if line.moment is not None]
        clock = WallClock() if settings.clock == "wall" else EventClock(max([end, *(moment for _, moment in beats)]))
        since = clock.now() - int((reach(dataset.features.asof) + settings.lead_hours) * HOUR) - KEPT
        live.load(rows_since(with_rows(dataset.tables, tables, rows), since))
        live.note({table: list(made.values()) for table, made in rows.items()})
        for source, moment in beats:
            live.hear(source, moment)
        received = log_lines[-1].seq if log_lines else 0
        live.state.online.received = received
        live.scored.update(records.scored(clock.now() - KEPT))
        scheduler = Scheduler(live, clock, records, records.known_outcomes())
        ingest = Ingest(live, clock, records.append, _noting(scheduler, live), received)
        watch = BundleWatch(settings.bundle, settings.bundle.with_name(SWITCH), live, records.keep_inputs)
        return cls(live, clock, ingest, scheduler, watch, records, schemas_of(dataset))

    def start(self) -> None:
        """Serve the bundle, catch up on what fell due meanwhile, then take in and look at the clock."""
        self.watch.start()
        self.scheduler.catch_up(self.clock.now())
        self.ingest.start()
        self.scheduler.start()

    def history(self, name: str) -> dict[str, Any]:
        """What came of a row, what was predicted of it and what was said."""
        key = self.live.key(name)
        feeds = [*self.live.messages.feeds]
        return self.records.history(name, feeds, "" if key is None else json.dumps(key))

    def close(self) -> None:
        """Take in what waits, write what is to be written, and end."""
        self.ingest.close()
        self.scheduler.close()
        self.watch.close()


def _end(rows: pd.DataFrame) -> int:
    """The first moment after the last day of a table: up to then its sources are alive throughout."""
    return int((np.datetime64(rows["day"].max(), "us") + np.timedelta64(1, "D")).astype(np.int64))


def _silent_hours(dataset: Dataset, settings: Settings) -> dict[str, float]:
    """By source of what is not known beforehand."""
    streams = dataset.features.streams
    return {
        name: settings.silent_hours
        for name, source in dataset.stress.sources.items()
        if any(not streams[stream].clock.beforehand for stream in source.streams)
    }


def _noting(scheduler: Scheduler, live: Live) -> Note:
    def note(changed: Mapping[str, Sequence[LiveRow]]) -> None:
        scheduler.note_changed(changed.get(live.messages.table, ()))

    return note
