"""A folder of messages as files -> feeds by month and reference tables, with all that is wrong with names and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from ontime.core.contract.findings import ContractError, Finding, Level
from ontime.core.contract.schema import MONTH, check_columns, unreadable
from ontime.core.serving.admission import Tables, empty_table, needed_tables, with_remedies
from ontime.core.serving.checked_months import FeedMonth
from ontime.core.serving.messages import feed_tables, message_days
from ontime.dataset.contract import Table
from ontime.dataset.messages import Messages
from ontime.errors import OntimeError
from ontime.io.foreign_files import read_foreign
from ontime.io.hashes import walk_files
from ontime.io.utf8_files import BrokenFileError

KINDS = (".parquet", ".csv")
GIVE = "give {0}.parquet, or a file for each month as {0}/2013-11.parquet; .csv is read too"
JOIN = "give a file of that name; what writes a folder of parts has written none"
MOVE = (
    "move it elsewhere, or give it the name of a table or a feed, with its month in a folder: {0}.csv, {0}/2013-11.csv"
)


@dataclass
class MessageFolder:
    """Feeds and reference tables as files, `<name>.parquet` or `<name>/<month>.parquet`, or `.csv`.

    A file for all months is held in memory. Raises ContractError with everything that is wrong with names and files.
    """

    folder: Path
    contract: Sequence[Table]
    messages: Sequence[Messages]
    _paths: dict[tuple[str, str | None], Path] = field(default_factory=dict)
    _divided: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise OntimeError(f"{self.folder} is no folder: expected one with {', '.join(self.forms)}")
        findings = [finding for path in sorted(walk_files(self.folder)) for finding in self._note(path)]
        findings += [_file_finding(name, None, "file_known", "a folder without files", JOIN) for name in self._empty()]
        absent = [feed for feed in self.forms if not any(name == feed for name, _ in self._paths)]
        findings += [_file_finding(feed, None, "file_present", "missing", GIVE.format(feed)) for feed in absent]
        for name in [name for name, month in self._paths if month is None and name in self.forms]:
            findings += with_remedies(self._divide(name))
        if findings:
            raise ContractError(findings, str(self.folder))

    @cached_property
    def forms(self) -> dict[str, Table]:
        """By name of each feed the form of its messages."""
        return feed_tables(self.contract, self.messages)

    def months(self) -> list[str]:
        """The months that any feed has, and those between the first and the last file of one month, ascending.

        What a feed lacks there is missing.
        """
        named = sorted(month for name, month in self._paths if name in self.forms and month)
        span = pd.period_range(named[0], named[-1], freq="M").astype(str) if named else []
        return sorted({*span}.union(*self._divided.values()))

    def read_month(self, feed: str, month: str) -> FeedMonth:
        """A month of a feed; none where its file is missing, no rows where a file for all months has none of it."""
        if feed in self._divided:
            return FeedMonth(self._divided[feed].get(month, empty_table(self.forms[feed])), [])
        path = self._paths.get((feed, month))
        return FeedMonth(None, []) if path is None else _read(path, self.forms[feed], month)

    def read_reference(self) -> tuple[Tables, list[Finding]]:
        """The reference tables that are there and needed."""
        tables, findings = {}, []
        for table in needed_tables(self.contract):
            if (table.name, None) in self._paths:
                frame, wrong = _read(self._paths[table.name, None], table, None)
                findings += wrong
                if frame is not None:
                    tables[table.name] = frame
        return tables, findings

    def _empty(self) -> list[str]:
        """Folders of the name of a file that hold none."""
        folders = [path for path in sorted(self.folder.rglob("*")) if path.suffix in KINDS and path.is_dir()]
        return [path.relative_to(self.folder).as_posix() for path in folders if not any(walk_files(path))]

    def _note(self, path: Path) -> list[Finding]:
        """Note whose file it is; what is wrong if nobody's."""
        name, _, month = path.relative_to(self.folder).with_suffix("").as_posix().partition("/")
        known = name in self.forms or (not month and name in {t.name for t in self.contract if not t.monthly})
        if path.suffix not in KINDS or not known or (month and not MONTH.fullmatch(month)):
            remedy = MOVE.format(next(iter(self.forms)))
            return [_file_finding(path.relative_to(self.folder).as_posix(), None, "file_known", "unknown", remedy)]
        if any(name == other and (month == at or not (month and at)) for other, at in self._paths):
            remedy = "keep one file for each month, or for all"
            return [_file_finding(name, month or None, "file_once", "more than one", remedy)]
        self._paths[name, month or None] = path
        return []

    def _divide(self, feed: str) -> list[Finding]:
        """A file for all months into months; a row without a day goes into the first, where the contract finds it."""
        form = self.forms[feed]
        frame, findings = _read(self._paths[feed, None], form, None)
        if frame is None or findings:
            return findings
        if wrong := [finding for finding in check_columns(form, frame, None) if finding.rule != "rows"]:
            return wrong
        month = pd.DatetimeIndex(message_days(form, frame)).strftime("%Y-%m").to_series(index=frame.index)
        if len(frame) and month.isna().all():
            return [_file_finding(feed, None, "days_named", "no row names a day", "correct the key at its source")]
        groups = frame.groupby(month.fillna(month.min()), sort=True)
        self._divided[feed] = {str(name): rows.reset_index(drop=True) for name, rows in groups}
        return []


def _read(path: Path, form: Table, month: str | None) -> FeedMonth:
    """A file as its form has it, with what is wrong in it; no frame where it cannot be read."""
    try:
        return FeedMonth(read_foreign(form, path), [])
    except BrokenFileError as error:
        return FeedMonth(None, [error.finding(form.name, month)])
    except (OntimeError, OSError) as error:  # a link to nothing, or what may not be read
        return FeedMonth(None, with_remedies([unreadable(form, month, error)]))


def _file_finding(name: str, month: str | None, rule: str, problem: str, remedy: str) -> Finding:
    return Finding(Level.STOP, name, month, "the file", rule, problem, remedy)
