"""Which columns of a table follow from some of its columns alone."""

from dataclasses import replace

import numpy as np
from toy.contracts import PARCELS

from ontime.dataset.contract import DerivedColumn


def test_what_follows_from_a_key_is_derived_from_it_alone():
    names = {key: [one.name for one in PARCELS.derived_from(key)] for key in [("promised",), ("number", "promised")]}
    assert names == {("promised",): ["day"], ("number", "promised"): ["day", "id"]}
    assert PARCELS.derived_from(("number", "left")) == ()


def test_a_column_that_is_replaced_by_what_does_not_follow_is_not_read_as_it_was():
    """`half` reads the new number, which needs the depot."""
    twice = DerivedColumn("number", ("number", "depot"), lambda number, _: 2 * number)
    half = DerivedColumn("half", ("number",), lambda number: number / 2)
    table = replace(PARCELS, derived=(twice, half))
    assert table.derived_from(("number",)) == ()
    assert [one.name for one in table.derived_from(("number", "depot"))] == ["number", "half"]


def test_a_column_that_needs_another_table_follows_from_no_columns_alone():
    city = DerivedColumn("city", ("depot",), lambda depot, _: np.array(depot), ("depots",), dict)
    assert replace(PARCELS, derived=(city,)).derived_from(("depot",)) == ()
    assert replace(PARCELS, derived=(city,)).needs == ("depots",)
