"""The ledger in memory keeps the contract of ledgers."""

import numpy as np
import pytest
from ledgers import LedgerContract, probabilities
from loops import FIRST, rows_of

from ontime.core.monitoring.ledger import InMemoryLedger


class TestInMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> InMemoryLedger:
        return InMemoryLedger()


def test_ledgers_in_memory_share_the_scores_that_are_theirs_whole():
    one, other, scores = InMemoryLedger(), InMemoryLedger(), probabilities(0)
    for ledger in (one, other):
        ledger.record_scores(rows_of(FIRST), {"a": scores})
    kept = [ledger._scores[FIRST][0].probabilities["a"] for ledger in (one, other)]
    assert all(np.shares_memory(values, scores) for values in kept)
