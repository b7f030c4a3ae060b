"""A state that was saved is the same in another process; what is not whole, or of another kind, is refused."""

import hashlib

import pyarrow as pa
import pytest
from random_events import ASOF, START, WAITING

from ontime.core.features.moments import HOUR
from ontime.core.features.online import OnlineFeatures
from ontime.core.features.snapshots import DIGEST, FORMAT, from_bytes
from ontime.dataset.features import Window
from ontime.errors import OntimeError

EVENT = {"id": "1", "moment": START, "depot": "A", "kind": "x", "ahead": "P", "delay": 1, "late": 0}


def state() -> OnlineFeatures:
    online = OnlineFeatures(ASOF, WAITING)
    online.add("left", EVENT, 3)
    online.add("plan", {**EVENT, "until": None}, 4)
    online.hear("state", START + HOUR)
    return online


def test_a_snapshot_holds_events_when_sources_were_heard_from_and_the_last_number():
    again = OnlineFeatures.load(ASOF, state().save(), WAITING)
    assert again.received == 4
    assert again.last_heard("state", START + 2 * HOUR) == START + HOUR
    assert again.save() == state().save()


def test_a_snapshot_that_is_cut_off_anywhere_is_refused():
    content = state().save()
    for length in range(0, len(content), 97):
        with pytest.raises(OntimeError, match="expected a whole snapshot"):
            from_bytes(content[:length])


def test_a_snapshot_in_which_a_byte_has_changed_anywhere_is_refused():
    content = state().save()
    for place in range(0, len(content), 97):
        changed = bytes([content[place] ^ 0xFF])
        with pytest.raises(OntimeError, match="expected a whole snapshot"):
            from_bytes(content[:place] + changed + content[place + 1 :])


def test_a_snapshot_of_another_format_is_refused():
    content = state().save()
    table = pa.ipc.open_file(content[DIGEST:]).read_all()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema.with_metadata({"format": "0", "received": "1"})) as writer:
        writer.write_table(table.replace_schema_metadata({"format": "0", "received": "1"}))
    changed = sink.getvalue().to_pybytes()
    with pytest.raises(OntimeError, match=f"expected a snapshot of format {FORMAT}, found 0"):
        from_bytes(hashlib.sha256(changed).digest() + changed)


def test_a_snapshot_that_lacks_what_is_read_is_refused():
    with pytest.raises(OntimeError, match=r"the snapshot lacks \['size'\] of the stream 'left'"):
        OnlineFeatures.load([Window("left", ("size",), 3)], state().save())
