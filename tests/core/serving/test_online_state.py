"""The online state: whatever the order in which messages come, rows are answered as from whole tables."""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import TOY
from toy.source import DEPOTS, read

from ontime.core.contract.checks import check_part
from ontime.core.features.moments import HOUR, microseconds
from ontime.core.features.table import build
from ontime.core.monitoring.silence import source_silent
from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_types import Message, table_messages
from ontime.core.serving.online_state import KEPT, OnlineState
from ontime.core.serving.row_answers import Answerer
from ontime.dataset.dataset import Dataset
from ontime.errors import ModelUnfitError, NotReadyError, OntimeError, UnknownRowError
from ontime.flights import FLIGHTS
from ontime.io.bundle_files import read_bundle
from ontime.io.formats import read_parquet
from ontime.io.month_files import months, part, read_months
from ontime.io.paths import Files

FAR = int(4e15)
DAY = pd.Timedelta(days=1)


def sent_by(dataset: Dataset, raw: dict[str, pd.DataFrame]) -> list[Message]:
    """The messages that would have made these raw tables."""
    forms = {table.name: table for table in dataset.tables}
    tables = ((one, forms[one.table], raw[one.table]) for one in dataset.messages)
    return [message for table in tables for message in table_messages(*table)]


def taken(dataset: Dataset, reference: dict, messages: list[Message], lead: float, seed: int) -> OnlineState:
    """The state after these messages, in any order and in batches of any size; sources are alive throughout."""
    random = np.random.default_rng(seed)
    admission = MessageAdmission.of(dataset.tables, dataset.messages, reference)
    state = OnlineState(dataset.tables, dataset.features, lead, dataset.stress.sources, alive_until=FAR)
    shuffled, begin, number = [messages[place] for place in random.permutation(len(messages))], 0, 0
    while begin < len(shuffled):
        size = int(random.integers(1, 400))
        number += len(shuffled[begin : begin + size])
        state.take(admission.take(shuffled[begin : begin + size]), number)
        begin += size
    return state


def loaded(dataset: Dataset, lead: float, tables: dict[str, pd.DataFrame]) -> OnlineState:
    """The state of whole tables; sources are alive throughout."""
    state = OnlineState(dataset.tables, dataset.features, lead, dataset.stress.sources, alive_until=FAR)
    state.load(tables)
    return state


def frozen(row: dict) -> dict:
    """A row with its missing values equal to one another."""
    return {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124


def depots(files: Files) -> dict[str, pd.DataFrame]:
    """The toy's clean reference tables."""
    raw = read_parquet(part(files.raw, "depots", None))
    return {"depots": check_part(TOY.tables[0], raw, None, {}, 0).clean}


def events_of(state: OnlineState) -> dict[str, dict]:
    return {
        stream: {name: frozen(event) for name, event in events.items()}
        for stream, events in state.online._events.items()
    }


def same_events(state: OnlineState, whole: OnlineState) -> None:
    """All columns that are read of the whole one's events are the same."""
    ours = events_of(state)
    for stream, events in events_of(whole).items():
        assert events.keys() == ours[stream].keys()
        for name, event in events.items():
            assert event.items() <= ours[stream][name].items()


def same_state(one: OnlineState, other: OnlineState, ids: list[str]) -> None:
    rows = [one._rows[name] for name in ids]
    assert [frozen(row) for row in rows] == [frozen(other._rows[name]) for name in ids]
    for row in rows:
        np.testing.assert_array_equal(one.online.read(row), other.online.read(row))


@pytest.fixture(scope="module")
def flights(four_clean_months: Path) -> tuple[dict, dict, dict]:
    """Raw and clean tables of a few days of January, and the reference tables."""
    return days_of_january(Files(four_clean_months), [7, 8, 9])


def days_of_january(files: Files, days: Iterable[int]) -> tuple[dict, dict, dict]:
    """Raw and clean tables of these days, and the reference tables."""

    def some(table: str, folder: Path) -> pd.DataFrame:
        frame = read_parquet(part(folder, table, "2013-01"))
        day = frame["day"] if folder == files.raw else frame["day"].dt.day
        return frame[day.isin([*days])].reset_index(drop=True)

    reference = {name: read_parquet(part(files.clean, name, None)) for name in ("airlines", "airports", "planes")}
    raw, clean = ({name: some(name, folder) for name in ("flights", "weather")} for folder in (files.raw, files.clean))
    return raw, clean, reference


PARCELS = next(frame for table, month, frame in read("1", "2020-01") if table == "parcels").head(30)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_parcels_in_any_order_with_corrections_and_forgetting_make_the_state_of_a_table(data: st.DataObject):
    """Wrong values before the right ones, messages twice, in batches of any size; then what is old is forgotten."""
    reference = {"depots": check_part(TOY.tables[0], DEPOTS, None, {}, 0).clean}
    right = sent_by(TOY, {"parcels": PARCELS})
    wrong = data.draw(st.lists(st.sampled_from([one for one in right if one[0] == "scans"]), max_size=10))
    hours = st.integers(-3, 3).map(lambda hour: np.timedelta64(hour, "h"))
    before = [(feed, values | {"left": values["left"] + data.draw(hours)}) for feed, values in wrong]
    first = data.draw(st.permutations([*before, *data.draw(st.lists(st.sampled_from(right), max_size=20))]))
    messages = [*first, *data.draw(st.permutations(right))]
    admission = MessageAdmission.of(TOY.tables, TOY.messages, reference)
    state = OnlineState(TOY.tables, TOY.features, 1.0, TOY.stress.sources)
    while messages:
        size = data.draw(st.integers(1, 40))
        state.take(admission.take(messages[:size]))
        messages = messages[size:]
    clean = check_part(TOY.tables[1], PARCELS, "2020-01", reference, 1.0).clean
    whole = loaded(TOY, 1.0, {"parcels": clean})
    assert events_of(state) == events_of(whole)
    assert {name: frozen(row) for name, row in state._rows.items()} == {
        name: frozen(row) for name, row in whole._rows.items()
    }
    now = int(microseconds(PARCELS["promised"]).max()) + data.draw(st.integers(0, 200)) * HOUR
    kept = [row for row in whole._rows.values() if row["starts_at"] > now - KEPT]
    known = [whole.online.read(row) for row in kept]
    state.forget(now)
    assert sorted(state._rows) == sorted(row["id"] for row in kept)
    np.testing.assert_array_equal([state.online.read(row) for row in kept], known)


@pytest.mark.parametrize("seed", [1, 2])
def test_messages_in_any_order_make_the_state_of_whole_tables(flights: tuple, seed: int):
    raw, clean, reference = flights
    whole = loaded(FLIGHTS, 2.0, clean)
    by_message = taken(FLIGHTS, reference, sent_by(FLIGHTS, raw), 2.0, seed)
    assert by_message._rows.keys() == whole._rows.keys()
    assert by_message.online.received == len(sent_by(FLIGHTS, raw))
    same_state(whole, by_message, sorted(whole._rows)[::17])
    by_message.forget(FAR)
    assert not any((by_message._rows, *by_message._clean.values(), *by_message.online._events.values()))


def test_a_corrected_row_and_all_that_follow_from_it_are_as_if_it_had_come_so(flights: tuple):
    """Another aircraft: the flights after it lose it, and those of the other one have one more before them."""
    raw, _, reference = flights
    named = raw["flights"].dropna(subset=["tailnum", "dep_time"])
    one, other = named[named["day"] == 8].iloc[[20, 400]]["tailnum"]
    corrected = raw["flights"].copy()
    corrected.loc[corrected["tailnum"] == one, "tailnum"] = other
    state = taken(FLIGHTS, reference, sent_by(FLIGHTS, raw), 2.0, 3)
    before = events_of(state)["rotations"]
    admission = MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference)
    admission.take(sent_by(FLIGHTS, raw))
    changed = [
        message
        for message in sent_by(FLIGHTS, raw | {"flights": corrected[corrected["tailnum"] == other]})
        if message[0] == "departures"
    ]
    state.take(admission.take(changed))
    expected = taken(FLIGHTS, reference, sent_by(FLIGHTS, raw | {"flights": corrected}), 2.0, 4)
    assert events_of(state) == events_of(expected)
    assert events_of(state)["rotations"] != before


def test_a_row_that_breaks_a_rule_of_its_schedule_is_gone_with_its_events_and_comes_back_with_its_correction(
    flights: tuple,
):
    raw, clean, reference = flights
    messages = sent_by(FLIGHTS, raw)
    admission = MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference)
    state = OnlineState(FLIGHTS.tables, FLIGHTS.features, 2.0, FLIGHTS.stress.sources)
    state.take(admission.take(messages))
    feed, values = next(message for message in messages if message[0] == "schedule")
    state.take(admission.take([(feed, values | {"minute": (values["minute"] + 1) % 60})]))
    name = clean["flights"]["id"].iloc[0]
    assert not any(name in known for known in (state._rows, *state.online._events.values()))
    state.take(admission.take([(feed, values)]))
    assert events_of(state) == events_of(taken(FLIGHTS, reference, messages, 2.0, 5))


@pytest.fixture(scope="module")
def parcels(toy_made: Path) -> tuple[OnlineState, Answerer, dict, pd.DataFrame]:
    """The toy's state of its last two months, its bundle, the tables, and the feature table of the last one."""
    files = Files(toy_made)
    there = months(files.features)[-2:]
    tables, bundle = {"parcels": read_months(files.clean / "parcels", there)}, read_bundle(files.bundle)
    state, table = loaded(TOY, bundle.lead_hours, tables), read_parquet(part(files.features, there[-1], None))
    return state, Answerer(bundle, TOY.features, state.online.names), tables, table


def test_answers_are_those_of_the_table_as_of_each_rows_moment(parcels: tuple):
    state, answerer, tables, table = parcels
    features = build(TOY.features, tables, tables, answerer.bundle.lead_hours).set_index("id").loc[table["id"]]
    expected = answerer.bundle.model.predict(features).tolist()
    answers = state.answer(table["id"].tolist(), answerer, FAR)
    assert [one.answer.probability for one in answers] == expected
    assert not any(one.provisional or one.silent for one in answers)
    assert {one.version for one in answers} == {answerer.bundle.version}
    assert state.answer([], answerer, FAR) == []
    alone = [state.answer([name], answerer, FAR)[0] for name in table["id"].iloc[::40]]
    assert alone == answers[::40]


def test_before_its_moment_a_row_is_answered_as_of_now_and_provisional(parcels: tuple):
    state, answerer, _, table = parcels
    name, due = table["id"].iloc[-1], int(microseconds(table["predict_at"]).max())
    early, late = due - 5 * HOUR, due + 5 * HOUR
    (before,), (at,), (after,) = (state.answer([name], answerer, now) for now in (early, due, late))
    assert (before.predict_at, before.provisional) == (early, True)
    assert (at.predict_at, at.provisional) == (state._rows[name]["predict_at"], False)
    assert at == after


def test_where_a_watched_source_is_silent_as_in_the_replay_the_fallback_answers(parcels: tuple):
    _, answerer, tables, table = parcels
    state = OnlineState(TOY.tables, TOY.features, answerer.bundle.lead_hours, TOY.stress.sources, {"scans": 1.0})
    state.load(tables)
    silent = source_silent(table["predict_at"], TOY.features.events(tables)["left"]["moment"], 1.0)
    assert 20 < silent.sum() < len(silent) - 20
    answers = state.answer(table["id"].tolist(), answerer, FAR)
    assert [one.silent == ("scans",) for one in answers] == silent.tolist()
    assert [one.answer.fallback for one in answers] == silent.tolist()
    rates = answerer.bundle.fallback.predict(table)
    assert [one.answer.probability for one in answers if one.silent] == rates[silent].tolist()
    for predict_at in table["predict_at"]:
        state.hear("scans", int(microseconds(pd.Series([predict_at]))[0]))
    assert not any(one.silent for one in state.answer(table["id"].tolist(), answerer, FAR))


def test_hours_of_a_source_that_there_is_not_are_refused():
    with pytest.raises(OntimeError, match="silent hours of scan: expected sources: scans"):
        OnlineState(TOY.tables, TOY.features, 1.0, TOY.stress.sources, {"scan": 1.0})


def test_messages_after_a_load_of_tables_change_and_remove_what_was_loaded(flights: tuple):
    """Flights that are long past, and weather, among them."""
    raw, clean, reference = flights
    state, admission = loaded(FLIGHTS, 2.0, clean), MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference)
    admission.take(sent_by(FLIGHTS, raw))
    old = {name: table[table["day"] == 7].head(40).reset_index(drop=True) for name, table in raw.items()}
    gone = {
        "flights": old["flights"].assign(minute=(old["flights"]["minute"] + 1) % 60),
        "weather": old["weather"].assign(dewp=old["weather"]["temp"] + 10),
    }
    changed = admission.take(sent_by(FLIGHTS, gone))
    state.take(changed)
    removed = {row.name for row in changed["flights"]}
    assert len(removed) == 40
    assert not any(removed & events.keys() for events in state.online._events.values())
    assert not removed & state._rows.keys()
    state.take(admission.take(sent_by(FLIGHTS, old)))
    same_events(state, loaded(FLIGHTS, 2.0, clean))


def test_messages_of_the_last_day_leave_what_older_rows_follow_from(
    monkeypatch: pytest.MonkeyPatch, four_clean_months: Path
):
    monkeypatch.setattr("ontime.core.serving.online_state.KEPT", 0)  # a long time, beside the days that are loaded here
    raw, clean, reference = days_of_january(Files(four_clean_months), range(4, 11))
    whole, state = (loaded(FLIGHTS, 2.0, clean) for _ in range(2))
    assert len(state._clean["flights"]) < len(clean["flights"])
    last = {name: frame[frame["day"] == 10] for name, frame in raw.items()}
    state.take(MessageAdmission.of(FLIGHTS.tables, FLIGHTS.messages, reference).take(sent_by(FLIGHTS, last)))
    same_events(state, whole)


def test_every_unknown_row_is_named_and_an_empty_state_is_not_ready(parcels: tuple):
    state, answerer, _, table = parcels
    with pytest.raises(UnknownRowError, match="expected rows whose schedule has come; x, y are not known"):
        state.answer(["x", table["id"].iloc[0], "y"], answerer, FAR)
    with pytest.raises(NotReadyError, match="load clean months, or send the schedule first"):
        OnlineState(TOY.tables, TOY.features, 1.0, TOY.stress.sources).answer(["x"], answerer, FAR)


def test_rows_that_started_long_ago_are_forgotten_and_the_others_answered_as_before(parcels: tuple):
    _, answerer, tables, table = parcels
    state = loaded(TOY, answerer.bundle.lead_hours, tables)
    now = int(microseconds(table["starts_at"]).max())
    kept = [name for name, row in state._rows.items() if row["starts_at"] > now - KEPT]
    before = state.answer(kept, answerer, FAR)
    state.forget(now)
    assert sorted(state._rows) == sorted(kept)
    assert 0 < len(kept) < len(tables["parcels"])
    assert state.answer(kept, answerer, FAR) == before


def test_a_message_without_its_whole_key_changes_no_row(toy_made: Path):
    files = Files(toy_made)
    raw = {"parcels": read_parquet(part(files.raw, "parcels", "2020-01"))}
    state = OnlineState(TOY.tables, TOY.features, 1.0, TOY.stress.sources)
    admission = MessageAdmission.of(TOY.tables, TOY.messages, depots(files))
    messages = sent_by(TOY, raw)[:50]
    state.take(admission.take(messages))
    before, rows = events_of(state), dict(state._rows)
    feed, values = messages[0]
    state.take(admission.take([(feed, values | {"depot": None})]))
    assert (events_of(state), state._rows) == (before, rows)


def test_a_bundle_of_another_lead_or_of_other_columns_is_refused(parcels: tuple):
    state, answerer, tables, table = parcels
    other = loaded(TOY, 24.0, tables)
    with pytest.raises(ModelUnfitError, match="answers 1 hours ahead, and the state was made for 24"):
        other.answer(table["id"].tolist(), answerer, FAR)
    turned = Answerer(answerer.bundle, TOY.features, state.online.names[::-1])
    with pytest.raises(ModelUnfitError, match="for other columns than the state has"):
        state.answer(table["id"].tolist(), turned, FAR)
    with pytest.raises(ModelUnfitError, match="the model reads left_depot_24h_count"):
        Answerer(answerer.bundle, TOY.features, [])


def test_readers_beside_a_writer_see_whole_messages(toy_made: Path, parcels: tuple):
    """Half the parcels of some days left in time, or not, in one call: all answers are of the one or of the other."""
    _, answerer, _, _ = parcels
    files = Files(toy_made)
    raw = read_parquet(part(files.raw, "parcels", "2020-01")).head(120)
    changed = raw["number"] % 2 == 0
    late = raw.assign(**{name: raw[name].mask(changed) for name in ("left", "delivered")})
    admission = MessageAdmission.of(TOY.tables, TOY.messages, depots(files))
    state = OnlineState(TOY.tables, TOY.features, answerer.bundle.lead_hours, TOY.stress.sources, alive_until=FAR)
    both = [admission.take(sent_by(TOY, {"parcels": one})) for one in (late, raw)]
    expected = []
    for one in both:
        state.take(one)
        asked = sorted(state._rows)[40:80]
        expected.append([answer.answer for answer in state.answer(asked, answerer, FAR)])
    assert expected[0] != expected[1]
    seen, wrong, done, switch = set(), [], threading.Event(), sys.getswitchinterval()

    def read() -> None:
        while not done.is_set():
            answers = [one.answer for one in state.answer(asked, answerer, FAR)]
            if answers in expected:
                seen.add(expected.index(answers))
            else:
                wrong.append(answers)

    readers = [threading.Thread(target=read) for _ in range(3)]
    sys.setswitchinterval(1e-5)
    try:
        for reader in readers:
            reader.start()
        for number in range(40):
            state.take(both[number % 2])
        done.set()
    finally:
        done.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(switch)
    assert wrong == []
    assert seen == {0, 1}
