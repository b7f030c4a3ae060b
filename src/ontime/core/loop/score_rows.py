"""Rows that fall due, the state and its models -> the scores of every version and the answers, in the ledger."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ontime.core.loop.state import Models, State
from ontime.core.monitoring.ledger import ANSWERED, Ledger


def score_rows(state: State, rows: pd.DataFrame, silent: np.ndarray, ledger: Ledger, models: Models) -> None:
    """Record what champion, challenger and former champion predict for rows (n,), and the answers.

    The champion answers, and climatology where the watched source is silent. At any time, of any rows whose
    `predict_at` has come; those that were scored before stay as they are.

    rows: `id`, `day` and features as of each row's `predict_at`, after the contract. silent (n,) bool: whether the
    watched source had then sent nothing for too long.
    """
    if rows.empty:
        return
    scores = {version: models.predict(version, rows) for version in state.versions}
    answers = scores[state.champion]
    if silent.any():
        answers = np.where(silent, models.fallback(rows), answers)
    ledger.record_scores(rows.assign(degraded=silent), scores | {ANSWERED: answers})
