"""Records of a row, as the store keeps them."""

import hashlib

from ontime.service.store.opening import Store
from ontime.service.store.records import (
    AnswerRecord,
    Feedback,
    MessageLine,
    Reply,
    RowHistory,
    row_history,
)

MESSAGE = MessageLine("message", "departures", '["r1"]', '{"at": null}', None, 10, '[{"rule": "required"}]')
HEARTBEAT = MessageLine("heartbeat", "arrivals", None, None, 9, 10)
ANSWER = AnswerRecord(
    prediction_id="p1",
    id="r1",
    user="u1",
    answered_at=10,
    day="2013-04-01",
    predict_at=20,
    version="a",
    last_event=2,
    probability=0.1,
    decision="on time",
    conformal_set="on time",
    provisional=True,
    degraded=False,
    features=b"\0\0\0\0",
)
FEEDBACK = Feedback("p1", "useful", None, None, "u2", 30)
REPLY = Reply("k1", hashlib.sha256(b"{}").hexdigest(), 200, b'{"predictions": []}', 40)


def history(store: Store, row_id: str = "r1") -> RowHistory:
    with store.reading() as connection:
        return row_history(connection, row_id, ["departures", "schedules"], f'["{row_id}"]')
