"""Answers of a service beside those of batch -> where they differ, row by row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd


class Parity(NamedTuple):
    """How many rows were asked, and how many of them climatology answered, which batch never does.

    different: where the others are not bit for bit those of batch: `id`, `what`, and the values of both.
    """

    rows: int
    degraded: int
    different: pd.DataFrame


def compare_answers(
    ids: list[str], names: list[str], batch: np.ndarray, service: np.ndarray, degraded: np.ndarray
) -> Parity:
    """Compare what a model read of rows (n), and the probability in the last column: (n, names + 1), NaN for missing.

    degraded (n,) bool: which rows climatology answered.
    """
    same = (batch == service) | (np.isnan(batch) & np.isnan(service))
    rows, columns = np.nonzero(~same & ~degraded[:, None])
    what = np.array([*names, "probability"], dtype=object)
    different = pd.DataFrame(
        {
            "id": np.array(ids, dtype=object)[rows],
            "what": what[columns],
            "batch": batch[rows, columns],
            "service": service[rows, columns],
        }
    )
    return Parity(len(ids), int(degraded.sum()), different)
