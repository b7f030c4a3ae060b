"""Which rows share their key, as keys come, change and go: against the same counted anew each time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ontime.core.serving.row_keys import RowKeys

ROWS = [(row,) for row in "abcd"]


@given(st.lists(st.tuples(st.sampled_from(ROWS), st.none() | st.sampled_from([(1,), (2,)])), max_size=20))
def test_rows_that_share_their_key_are_those_that_have_it_and_who_is_touched_is_named(changes: list):
    keys, known = RowKeys(), {}
    for row, key in changes:
        before = {other for other in ROWS if keys.is_shared(other)}
        touched = keys.note(row, key)
        known[row] = key
        counts = Counter(key for key in known.values() if key is not None)
        shared = {other for other, key in known.items() if key is not None and counts[key] > 1}
        assert {other for other in ROWS if keys.is_shared(other)} == shared
        assert (before ^ shared) - {row} <= {*touched}
        assert row not in touched
