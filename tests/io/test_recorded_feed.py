"""Files of a checkout -> the steps of a span, of the months that it touches."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import TOY
from toy.source import DEPOTS, read

from ontime.core.contract.checks import check_part
from ontime.core.features.moments import HOUR, MINUTE, microseconds
from ontime.core.features.table import build
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_json import feed_dtypes, json_message, values_of_json
from ontime.core.serving.online_state import OnlineState
from ontime.core.serving.replayed_messages import Gap
from ontime.errors import OntimeError
from ontime.io.formats import write_parquet
from ontime.io.month_files import part, read_months
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


@pytest.mark.parametrize(("minutes", "seed"), [(10, None), (60, 1)])
def test_what_is_sent_makes_the_features_of_whole_tables(files: Files, minutes: int, seed: int | None):
    """Through JSON, on top of the days before, heartbeats included; each row read at the end of its step."""
    since, until = moment("2020-02-10"), moment("2020-02-12")
    parcels = read_months(files.clean / "parcels", ["2020-01", "2020-02"])
    depots = check_part(TOY.tables[0], DEPOTS, None, {}, 0).clean
    admission = MessageAdmission.of(TOY.tables, TOY.messages, {"depots": depots})
    dtypes = feed_dtypes(TOY.tables, TOY.messages)
    state = OnlineState(TOY.tables, TOY.features, 1.0, TOY.stress.sources, alive_until=since)
    state.load({"parcels": parcels[parcels["day"] < "2020-02-10"].reset_index(drop=True)})
    due = parcels[parcels["promised"].between("2020-02-10T01:00Z", "2020-02-12T01:00Z")].reset_index(drop=True)
    features = build(TOY.features, {"parcels": due}, {"parcels": parcels}, 1.0).set_index("id")
    moments = pd.Series(microseconds(features["predict_at"]), index=features.index)
    answered = []
    for step in recorded_feed(TOY, files, since, until, minutes=minutes, seed=seed):
        wire = json.loads(json.dumps([json_message(dtypes, message) for message in step.messages]))
        sent = [(one["feed"], values_of_json(dtypes[one["feed"]], one["values"])) for one in wire]
        state.take(admission.take(sent))
        for source, at in step.heartbeats:
            state.hear(source, at)
        for name in moments.index[(moments > step.moment - minutes * MINUTE) & (moments <= step.moment)]:
            known = dict(zip(state.online.names, state.online.read(state._rows[name]), strict=True))
            expected = features.loc[name, list(known)]
            np.testing.assert_array_equal(np.array([*known.values()], dtype="float32"), expected.to_numpy("float32"))
            answered.append(name)
    assert sorted(answered) == sorted(features.index)
    assert len(answered) > 10


def test_a_span_without_a_month_is_refused(files: Files):
    words = r"no month of 2021-01-01T00:00:00Z to .*; months that both have: 2020-01, 2020-02, 2020-03"
    with pytest.raises(OntimeError, match=words):
        recorded_feed(TOY, files, moment("2021-01-01"), moment("2021-01-02"))


def test_without_files_it_says_that_they_are_missing(tmp_path: Path):
    with pytest.raises(OntimeError, match="data/raw is missing"):
        recorded_feed(TOY, Files(tmp_path), moment("2021-01-01"), moment("2021-01-02"))
