"""Files of a checkout -> the steps of a span, of the months that it touches."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from toy import TOY
from toy.source import DEPOTS, read

from ontime.core.contract.checks import check_part
from ontime.core.features.moments import HOUR
from ontime.core.serving.replayed_messages import Gap
from ontime.errors import OntimeError
from ontime.io.formats import write_parquet
from ontime.io.month_files import part
from ontime.io.paths import Files
from ontime.io.recorded_feed import recorded_feed


def moment(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Raw and clean parcels of January to March."""
    files = Files(tmp_path_factory.mktemp("recorded"))
    depots = check_part(TOY.tables[0], DEPOTS, None, {}, 0).clean
    for table, month, raw in read("1", "2020-03"):
        if month:
            write_parquet(raw, part(files.raw, table, month))
            clean = check_part(TOY.tables[1], raw, month, {"depots": depots}, 1.0).clean
            write_parquet(clean, part(files.clean, table, month))
    return files


def test_a_span_has_the_messages_of_all_months_that_it_touches(files: Files):
    """From the last day of January on: of its rows, those of February, and the plans of the first of March."""
    steps = list(recorded_feed(TOY, files, moment("2020-02-01"), moment("2020-02-28")))
    sent = Counter((feed, str(values["promised"])[:7]) for step in steps for feed, values in step.messages)
    plans, scans = ({(feed, f"2020-0{month}") for month in (1, 2, 3)} for feed in ("plan", "scans"))
    assert set(sent) == plans | scans - {("scans", "2020-03")}
    assert len(steps) == 27 * 24 * 60 + 1


def test_with_a_seed_messages_are_shuffled_between_heartbeats_and_a_gap_silences_a_source(files: Files):
    since, until = moment("2020-02-01"), moment("2020-02-03")
    gap = Gap("scans", since + 3 * HOUR, since + 30 * HOUR)
    straight = list(recorded_feed(TOY, files, since, until, minutes=600))
    mixed = list(recorded_feed(TOY, files, since, until, minutes=600, seed=1))
    silent = list(recorded_feed(TOY, files, since, until, minutes=600, gaps=[gap]))
    assert mixed != straight
    for one, other in zip(mixed, straight, strict=True):
        assert sorted(map(str, one.messages)) == sorted(map(str, other.messages))
    assert [len(step.heartbeats) for step in silent] == [1, 179, 0, 1, 600, 480]
    assert [len(step.messages) for step in silent] != [len(step.messages) for step in straight]


def test_a_span_without_a_month_is_refused(files: Files):
    with pytest.raises(
        OntimeError, match="have no month of 2021-01-01 to 2021-01-02: expected one of 2020-01, 2020-02"
    ):
        recorded_feed(TOY, files, moment("2021-01-01"), moment("2021-01-02"))


def test_without_files_it_says_that_they_are_missing(tmp_path: Path):
    with pytest.raises(OntimeError, match="data/raw is missing"):
        recorded_feed(TOY, Files(tmp_path), moment("2021-01-01"), moment("2021-01-02"))
