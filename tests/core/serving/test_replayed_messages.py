"""Messages of the past come when they became known, whatever the span, the order and the gaps."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import TOY
from toy.source import DEPOTS, read

from ontime.core.contract.checks import check_part
from ontime.core.features.moments import HOUR, MINUTE, microseconds
from ontime.core.serving.message_types import Message, table_messages
from ontime.core.serving.replayed_messages import (
    FeedStep,
    Gap,
    ReplayedMessage,
    feed_steps,
    replayed_messages,
    shuffled_steps,
    with_gaps,
)
from ontime.dataset.stress import Source
from ontime.errors import OntimeError

DAY = 24 * HOUR
PARCELS = TOY.tables[1]
RAW = next(frame for table, _, frame in read("1", "2020-01") if table == "parcels")
SOURCES = TOY.stress.sources


def moment(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


def clean_of(raw: pd.DataFrame) -> pd.DataFrame:
    depots = check_part(TOY.tables[0], DEPOTS, None, {}, 0).clean
    return check_part(PARCELS, raw, "2020-01", {"depots": depots}, 1.0).clean


def replayed(since: str, until: str, raw: pd.DataFrame = RAW) -> list[ReplayedMessage]:
    return replayed_messages(TOY, {"parcels": raw}, {"parcels": clean_of(raw)}, moment(since), moment(until))


def content(messages: Iterable[Message]) -> Counter:
    return Counter((feed, *values.values()) for feed, values in messages)


def sent_by(steps: Iterable[FeedStep]) -> list[Message]:
    return [message for step in steps for message in step.messages]


def test_a_span_that_holds_all_rows_sends_every_message_once():
    whole = replayed("2019-12-01", "2020-03-01")
    assert content(one.message for one in whole) == content(table_messages(TOY.messages[0], PARCELS, RAW))


def test_a_message_is_sent_when_it_is_known_and_what_is_known_beforehand_three_days_before_its_day():
    left = {row.number: row.left for row in clean_of(RAW).itertuples() if row.left is not pd.NaT}
    for sent, (feed, values) in replayed("2019-12-01", "2020-03-01"):
        if feed == "plan":
            assert sent == int(values["promised"].astype(np.int64)) // DAY * DAY - 3 * DAY
        else:
            assert sent == microseconds(pd.Series([left[values["number"]]]))[0]


def test_of_a_row_whose_moment_is_missing_the_message_comes_when_its_day_is_over():
    """It was delivered, and nobody saw it leave."""
    lacking = RAW.head(20).copy()
    row = lacking["left"].first_valid_index()
    lacking.loc[row, "left"] = pd.NaT
    messages = replayed("2019-12-01", "2020-03-01", lacking)
    (sent,) = [at for at, (feed, one) in messages if feed == "scans" and one["number"] == lacking.loc[row, "number"]]
    assert sent == microseconds(lacking["promised"].dt.normalize())[row] + 2 * DAY


def test_a_message_without_a_moment_comes_after_every_other_of_its_row():
    """It left three days late, and when it was delivered is not known."""
    declared = replace(TOY.messages[0], feeds={"plan": (), "left": ("left",), "delivered": ("delivered",)})
    declared = replace(declared, known_at={"left": "left", "delivered": "delivered"})
    late = RAW.head(1).assign(left=RAW["promised"].dt.normalize() + pd.Timedelta(days=3))
    clean = clean_of(late).assign(delivered=pd.NaT)
    dataset = SimpleNamespace(tables=TOY.tables, messages=(declared,))
    messages = replayed_messages(dataset, {"parcels": late}, {"parcels": clean}, 0, moment("2020-03-01"))
    assert [one.message[0] for one in messages] == ["plan", "left", "delivered"]
    assert messages[1].moment == messages[2].moment == microseconds(late["left"])[0]


def test_up_to_any_moment_those_are_sent_that_are_known_by_then():
    since, until = moment("2020-01-10"), moment("2020-01-12")
    clean = clean_of(RAW)
    recent = clean["day"] >= np.datetime64("2020-01-08")
    known = microseconds(clean["left"])[(recent | (clean["left"] >= "2020-01-10")) & clean["left"].notna()]
    steps = list(feed_steps(replayed("2020-01-10", "2020-01-12"), SOURCES, since, until))
    assert [step.moment for step in steps] == list(range(since, until + 1, MINUTE))
    sent = 0
    for step in steps:
        sent += sum(feed == "scans" for feed, _ in step.messages)
        assert sent == (known <= step.moment).sum()


def test_a_replay_begins_with_what_was_known_of_the_two_days_before_and_later_and_no_older_row():
    first = next(feed_steps(replayed("2020-01-10", "2020-01-12"), SOURCES, moment("2020-01-10"), moment("2020-01-12")))
    days = {values["promised"].astype("datetime64[D]") for feed, values in first.messages if feed == "plan"}
    assert days == {np.datetime64(f"2020-01-{day:02}") for day in range(8, 14)}


def test_messages_are_in_order_of_moment_then_feed_then_key():
    messages = replayed("2020-01-10", "2020-01-12")
    keys = [(at, ["plan", "scans"].index(feed), values["number"]) for at, (feed, values) in messages]
    assert keys == sorted(keys)
    again = replayed("2020-01-10", "2020-01-12", RAW.sample(frac=1, random_state=1).reset_index(drop=True))
    assert again == messages


def test_a_message_whose_key_names_no_day_is_left_out():
    lacking = RAW.head(3).copy()
    lacking.loc[1, "promised"] = pd.NaT
    numbers = {values["number"] for _, (_, values) in replayed("2019-12-01", "2020-03-01", lacking)}
    assert numbers == {0, 2}


def test_every_source_has_a_heartbeat_for_every_minute_also_where_no_message_is():
    steps = list(feed_steps([], ["one", "two"], 0, 9 * MINUTE // 2, minutes=2))
    assert [step.moment for step in steps] == [0, 2 * MINUTE, 4 * MINUTE, 9 * MINUTE // 2]
    beats = [[(beat.source, beat.moment / MINUTE) for beat in step.heartbeats] for step in steps]
    assert beats[:2] == [[("one", 0), ("two", 0)], [("one", 1), ("two", 1), ("one", 2), ("two", 2)]]
    assert beats[3] == [("one", 4.5), ("two", 4.5)]


@given(st.integers(1, 180), st.integers(0, 5))
def test_shuffled_no_message_comes_before_it_is_known_nor_after_the_heartbeat_that_follows(minutes: int, seed: int):
    messages, since, until = replayed("2020-01-10", "2020-01-12"), moment("2020-01-10"), moment("2020-01-12")
    known = {(one.message[0], one.message[1]["number"]): one.moment for one in messages}
    steps = list(shuffled_steps(feed_steps(messages, SOURCES, since, until, minutes), seed))
    for step in steps:
        moments = [known[feed, values["number"]] for feed, values in step.messages]
        assert all(step.moment - minutes * MINUTE < one <= step.moment for one in moments)
    assert content(sent_by(steps)) == content(one.message for one in messages)
    assert steps == list(shuffled_steps(feed_steps(messages, SOURCES, since, until, minutes), seed))


def test_shuffled_messages_are_in_another_order():
    messages, since, until = replayed("2020-01-10", "2020-01-12"), moment("2020-01-10"), moment("2020-01-12")
    steps = list(feed_steps(messages, SOURCES, since, until, 600))
    assert sent_by(shuffled_steps(steps, 1)) != sent_by(steps)


def test_what_a_silent_source_knows_comes_at_the_end_and_meanwhile_it_has_no_heartbeat():
    since, until = moment("2020-01-10"), moment("2020-01-11")
    gap = Gap("scans", since + 6 * HOUR, since + 20 * HOUR)
    messages = replayed("2020-01-10", "2020-01-11")
    steps = list(feed_steps(with_gaps(messages, SOURCES, [gap]), SOURCES, since, until, gaps=[gap]))
    silent = [step for step in steps if gap.begin <= step.moment < gap.end]
    assert not any(step.heartbeats or step.messages for step in silent)
    assert all(step.heartbeats for step in steps if step not in silent)
    late = [one.message for one in messages if gap.begin <= one.moment <= gap.end]
    assert len(late) > 1
    assert next(step for step in steps if step.moment == gap.end).messages == late
    assert content(sent_by(steps)) == content(one.message for one in messages)


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (Gap("vans", 0, 1), "expected a source of messages, one of scans"),
        (Gap("road", 0, 1), "expected a source of messages, one of scans"),
        (Gap("scans", 1, 1), "expected an end after its begin"),
    ],
)
def test_a_gap_that_cannot_be_is_refused(gap: Gap, words: str):
    with pytest.raises(OntimeError, match=words):
        with_gaps([], {**SOURCES, "road": Source(("left",))}, [gap])
