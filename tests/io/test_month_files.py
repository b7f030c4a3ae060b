"""Which parts of tables a folder has."""

from pathlib import Path

import pandas as pd
import pytest

from ontime.errors import OntimeError
from ontime.io.atomic import write_text
from ontime.io.formats import write_parquet
from ontime.io.month_files import part, parts_below

FRAME = pd.DataFrame({"whole": [1, 2]})


def test_parts_are_named_by_table_and_month(tmp_path: Path):
    expected = [("a", None), ("b", "2013-01"), ("b", "2013-02")]
    for table, month in expected:
        write_parquet(FRAME, part(tmp_path, table, month))
    assert parts_below(tmp_path) == expected
    write_text("mine", tmp_path / "b/notes.txt")
    (tmp_path / "b/2013-02.parquet").rename(tmp_path / "b/2013-02")
    (tmp_path / "c.parquet").mkdir()
    assert parts_below(tmp_path) == [
        *expected[:2],
        ("b/2013-02", None),
        ("b/notes.txt", None),
        ("c.parquet", None),
    ]
    with pytest.raises(OntimeError, match="dvc repro"):
        parts_below(tmp_path / "none")
