"""A folder of messages as files -> feeds by month and reference tables, with all that is wrong with names and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ontime.core.contract.findings import ContractError, Finding, Level
from ontime.core.contract.schema import MONTH, check_columns, unreadable
from ontime.core.serving.admission import Tables, empty, mended, needed
from ontime.core.serving.messages import feed_tables, from_text, widened
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError
from ontime.io.formats import read_parquet
from ontime.io.hashes import below

Read = tuple[pd.DataFrame | None, list[Finding]]

KINDS = (".parquet", ".csv")
TEXT: dict[str, Any] = {"dtype": "str", "keep_default_na": False, "na_values": [""]}
GIVE = "give {0}.parquet, or a file for each month as {0}/2013-11.parquet; .csv is read too"
MOVE = (
    "move it elsewhere, or give it the name of a table or a feed, with its month in a folder: {0}.csv, {0}/2013-11.csv"
)


@dataclass
class Folder:
    """Feeds and reference tables as files, `<name>.parquet` or `<name>/<month>.parquet`, or `.csv`.

    A file for all months is held in memory. Raises ContractError with everything that is wrong with names and files.
    """

    folder: Path
    contract: Sequence[Table]
    messages: Sequence[Messages]
    _paths: dict[tuple[str, str | None], Path] = field(default_factory=dict)
    _whole: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise OntimeError(f"{self.folder} is no folder: expected one with {', '.join(self.forms)}")
        findings = [wrong for path in sorted(below(self.folder)) for wrong in self._place(path)]
        findings += [
            _file(feed, None, "file_present", "missing", GIVE.format(feed))
            for feed in self.forms
            if not self._has(feed)
        ]
        for name in [name for name, month in self._paths if month is None and name in self.forms]:
            findings += mended(self._divide(name))
        if findings:
            raise ContractError(findings, str(self.folder))

    @cached_property
    def forms(self) -> dict[str, Table]:
        return feed_tables(self.contract, self.messages)

    def months(self) -> list[str]:
        """The months that any feed has, and those between the first and the last file of one month, ascending.

        What a feed lacks there is missing.
        """
        named = sorted(month for name, month in self._paths if name in self.forms and month)
        span = pd.period_range(named[0], named[-1], freq="M").astype(str) if named else []
        return sorted({*span}.union(*self._whole.values()))

    def read(self, feed: str, month: str) -> Read:
        """A month of a feed; none where its file is missing, no rows where a file for all months has none of it."""
        if feed in self._whole:
            return self._whole[feed].get(month, empty(self.forms[feed])), []
        path = self._paths.get((feed, month))
        return (None, []) if path is None else read(path, self.forms[feed], month)

    def reference(self) -> tuple[Tables, list[Finding]]:
        """The reference tables that are there and needed."""
        found, findings = {}, []
        for table in (table for table in needed(self.contract) if (table.name, None) in self._paths):
            frame, wrong = read(self._paths[table.name, None], table, None)
            findings += wrong
            if frame is not None:
                found[table.name] = frame
        return found, findings

    @property
    def _move(self) -> str:
        return MOVE.format(next(iter(self.forms)))

    def _has(self, feed: str) -> bool:
        return any(name == feed for name, _ in self._paths)

    def _place(self, path: Path) -> list[Finding]:
        """Note whose file it is; what is wrong if nobody's."""
        name, _, month = path.relative_to(self.folder).with_suffix("").as_posix().partition("/")
        known = name in self.forms or (not month and name in {t.name for t in self.contract if not t.monthly})
        if path.suffix not in KINDS or not known or (month and not MONTH.fullmatch(month)):
            return [_file(path.relative_to(self.folder).as_posix(), None, "file_known", "unknown", self._move)]
        if any(name == its and (month == at or not (month and at)) for its, at in self._paths):
            return [
                _file(name, month or None, "file_once", "more than one", "keep one file for each month, or for all")
            ]
        self._paths[name, month or None] = path
        return []

    def _divide(self, feed: str) -> list[Finding]:
        """A file for all months into months; a row without a day goes into the first, where the contract finds it."""
        form = self.forms[feed]
        frame, findings = read(self._paths[feed, None], form, None)
        if frame is None or findings:
            return findings
        if wrong := [finding for finding in check_columns(form, frame, None) if finding.rule != "rows"]:
            return wrong
        day = next(one for one in self.messages if feed in one.feeds).day
        month = day(frame).dt.strftime("%Y-%m")
        if len(frame) and month.isna().all():
            return [_file(feed, None, "days_named", "no row names a day", "correct the key at its source")]
        month = month.fillna(month.min())
        self._whole[feed] = {str(each): rows.reset_index(drop=True) for each, rows in frame.groupby(month, sort=True)}
        return []


def read(path: Path, form: Table, month: str | None) -> Read:
    """A file as its form has it, with what is wrong in it; no frame where it cannot be read."""
    try:
        if path.suffix != ".csv":
            return widened(form, read_parquet(path)), []
        return from_text(form, month, pd.read_csv(path, **TEXT))
    except OntimeError as error:
        return None, mended([unreadable(form, month, error)])
    except (ValueError, OSError) as error:  # what pandas raises on what is no CSV, no UTF-8, or a link to nothing
        return None, mended([unreadable(form, month, error)])


def _file(name: str, month: str | None, rule: str, found: str, remedy: str) -> Finding:
    return Finding(Level.STOP, name, month, "the file", rule, found, remedy)
