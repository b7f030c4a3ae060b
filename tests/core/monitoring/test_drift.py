"""How drift ranks among that of the reference's own weeks."""

import numpy as np

from ontime.core.monitoring.drift import quantile_rank


def test_the_rank_among_own_weeks_agrees_with_the_threshold_at_every_quantile():
    own = np.random.default_rng(2).gamma(2, size=13)
    for index in np.linspace(0, own.max() * 1.2, 40):
        for quantile in (0.6, 0.8, 0.9):
            threshold = np.quantile(own, quantile, method="weibull")
            assert (quantile_rank(own, index) > quantile) == (index > threshold)
    assert quantile_rank(own, own.max() * 2) == 1
    assert quantile_rank(np.array([]), 1.0) == 0
