"""The most frequent code of stretches, against counting them one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontime.core.features import most_frequent as module
from ontime.core.features.most_frequent import most_frequent

stretches = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(-1, 11)), max_size=9)


def counted(codes: list[int], first: int, last: int, without: int) -> int:
    there = [code for place, code in enumerate(codes) if first <= place < last and place != without]
    counts = Counter(reversed(there))
    return counts.most_common(1)[0][0] if counts else -1


@pytest.mark.parametrize("pairs", [3, 4_000_000])
@given(st.lists(st.integers(0, 3), min_size=12, max_size=12), stretches)
def test_it_is_what_counting_gives_however_many_pairs_are_held(pairs: int, codes: list[int], rows: list):
    stretched = [(min(one, other), max(one, other), without) for one, other, without in rows]
    bounds = np.array(stretched, dtype=np.int64).reshape(-1, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS", pairs)
        found = most_frequent(np.array(codes), *bounds.T)
    assert found.tolist() == [counted(codes, *row) for row in bounds.tolist()]
