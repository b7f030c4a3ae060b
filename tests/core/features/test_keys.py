"""Columns of keys as whole numbers."""

import pandas as pd

from ontime.core.features.keys import key_codes


def test_keys_are_equal_only_where_all_parts_are():
    one = pd.DataFrame({"a": ["x", "x", None], "b": [1, 2, 1]})
    other = pd.DataFrame({"a": ["x", None], "b": [2, 1]})
    first, second = key_codes([one, other], ["a", "b"])
    assert second.tolist() == [first[1], first[2]]
    assert len(set(first.tolist())) == 3
