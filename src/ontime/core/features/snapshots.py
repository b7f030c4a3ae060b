"""The state of online features <-> bytes that another process goes on from, in Arrow's format."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from ontime.core.features.event_lines import Event
from ontime.errors import OntimeError

FORMAT = "1"
DIGEST = 32  # bytes of the SHA-256 that stands before the rest
MOMENT = pa.timestamp("us", tz="UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())
PARTS = pa.schema([("kind", pa.string()), ("name", pa.string()), ("content", pa.large_binary())])


class Snapshot(NamedTuple):
    """events: a table by stream, with `id`, `moment`, keys, fields and, where they last, `until`.

    heard: by source, the moments at which it was heard from. received: the number of the last message received.
    alive_until: up to when every source was alive throughout.
    """

    events: Mapping[str, pa.Table]
    heard: Mapping[str, list[int]]
    received: int
    alive_until: int

    def frame(self, stream: str, names: list[str]) -> pd.DataFrame:
        """Columns of a stream's events. Raises OntimeError where it lacks one."""
        there = self.events[stream].column_names if stream in self.events else []
        if lacking := [name for name in names if name not in there]:
            raise OntimeError(f"the snapshot lacks {lacking} of the stream {stream!r}: take the events in anew")
        return self.events[stream].select(names).to_pandas()


def event_table(events: list[Event], names: list[str]) -> pa.Table:
    """Events as columns; text other than ids by its few different values."""
    columns = {name: pa.array([event[name] for event in events]) for name in names}
    types = {name: MOMENT for name in names if name in {"moment", "until"}}
    types |= {name: TEXT for name, column in columns.items() if pa.types.is_string(column.type) and name != "id"}
    return pa.table({name: column.cast(types.get(name, column.type)) for name, column in columns.items()})


def to_bytes(snapshot: Snapshot) -> bytes:
    """The snapshot as one Arrow file, a row for each of its parts."""
    parts = [("events", name, _stream_bytes(table)) for name, table in snapshot.events.items()]
    heard = {name: pa.table({"moment": pa.array(moments, pa.int64())}) for name, moments in snapshot.heard.items()}
    parts += [("heard", name, _stream_bytes(table)) for name, table in heard.items()]
    columns = [pa.array([part[place] for part in parts], kind) for place, kind in enumerate(PARTS.types)]
    numbers = {name: str(getattr(snapshot, name)) for name in ("received", "alive_until")}
    metadata = {"format": FORMAT} | numbers
    schema, sink = PARTS.with_metadata(metadata), pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(pa.table(columns, schema=schema))
    content = sink.getvalue().to_pybytes()
    return hashlib.sha256(content).digest() + content


def from_bytes(content: bytes) -> Snapshot:
    """Raises OntimeError where it is no whole snapshot, or one of another format."""
    digest, content = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(content).digest() != digest:  # Arrow would read past the end of what is broken
        raise OntimeError(f"expected a whole snapshot, found {len(digest + content):,} bytes that are none")
    table = pa.ipc.open_file(pa.BufferReader(content)).read_all()
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if metadata.get("format") != FORMAT:
        other = metadata.get("format", "none")
        raise OntimeError(f"expected a snapshot of format {FORMAT}, found {other}: take the events in anew")
    tables = {
        (kind.as_py(), name.as_py()): pa.ipc.open_stream(part.as_buffer()).read_all()
        for kind, name, part in zip(*table.columns, strict=True)
    }
    return Snapshot(
        {name: part for (kind, name), part in tables.items() if kind == "events"},
        {name: part["moment"].to_pylist() for (kind, name), part in tables.items() if kind == "heard"},
        int(metadata["received"]),
        int(metadata["alive_until"]),
    )


def _stream_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
