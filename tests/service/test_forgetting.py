"""What is old is forgotten, also what messages made; what is young is answered as before."""

from pathlib import Path

import pytest
from toy import TOY

from ontime.core.features.moments import HOUR
from ontime.core.serving.message_types import table_messages
from ontime.core.serving.messages import predicted_messages
from ontime.core.serving.online_state import KEPT
from ontime.io.bundle_files import read_bundle
from ontime.io.formats import read_parquet
from ontime.io.month_files import months_of, part, read_months
from ontime.io.paths import Files
from ontime.service.live import Live, Scored


@pytest.fixture
def live(toy_made: Path) -> Live:
    """The last month as messages, on the months before as tables."""
    files = Files(toy_made)
    there = months_of(files.clean, "parcels")
    bundle = read_bundle(files.bundle)
    reference = {"depots": read_parquet(part(files.clean, "depots", None))}
    live = Live(TOY, bundle.lead_hours, reference, {}, bundle.costs, int(4e15))
    live.load({"parcels": read_months(files.clean / "parcels", there[:-1])})
    raw = read_parquet(part(files.raw, "parcels", there[-1]))
    live.take(live.admission.typed(table_messages(predicted_messages(TOY), TOY.tables[1], raw)))
    live.serve(bundle)
    return live


def test_rows_that_are_long_past_leave_nothing_behind(live: Live):
    names = live.state.names()
    last = max(names, key=lambda name: live.state.row(name)["starts_at"])
    starts_at = live.state.row(last)["starts_at"]
    live.scored |= {name: Scored(0.5, "yes", "both", "a", 1, ()) for name in names}
    before = live.answer([last], starts_at - 20 * HOUR)[0].answer
    live.forget(starts_at)
    kept = live.state.names()
    assert 0 < len(kept) < len(names)
    assert live.scored.keys() == {*kept}
    assert len(live.admission.tables["parcels"]._received) < 400
    assert live.answer([last], starts_at - 20 * HOUR)[0].answer == before
    live.forget(starts_at + 20 * KEPT)
    assert not live.state.names()
    assert not live.scored
    assert not live.admission.tables["parcels"]._received


def test_a_row_is_known_by_its_key_until_it_is_forgotten(live: Live):
    name = live.state.names()[-1]
    key = tuple(live.admission.tables["parcels"]._received)[-1]
    (row_id,) = live.ids([key])
    assert live.state.row(row_id) is not None
    assert live.key(row_id) is not None
    assert name in live.state.names()
