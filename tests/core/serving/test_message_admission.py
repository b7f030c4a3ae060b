"""Messages of several tables at once: each goes to its own, or none is taken."""

import numpy as np
import pytest
from toy import TOY
from toy.messages import MESSAGES
from toy.source import DEPOTS

from ontime.core.serving.message_admission import MessageAdmission
from ontime.core.serving.message_types import MessageError

PLAN = {"number": 3, "depot": "NORTH", "promised": np.datetime64("2020-01-01T10:00", "us")}


def admission() -> MessageAdmission:
    return MessageAdmission.of(TOY.tables, TOY.messages, {"depots": DEPOTS})


def test_a_message_goes_to_the_table_of_its_feed():
    rows = admission().take([("plan", PLAN)])
    assert {table: [row.name for row in of_table] for table, of_table in rows.items()} == {"parcels": ["2020-01-01/3"]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("plans", PLAN), "expected a message of plan, scans; found plans"),
        (("scans", PLAN), "left: missing; delivered: missing"),
    ],
)
def test_where_one_message_is_of_no_feed_or_form_none_is_taken(wrong: tuple, words: str):
    taken = admission()
    with pytest.raises(MessageError, match=words):
        taken.take([("scans", PLAN | dict.fromkeys(MESSAGES[0].feeds["scans"])), wrong])
    assert taken.tables["parcels"].waiting() == []
