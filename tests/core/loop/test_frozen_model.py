"""When the loss rises, and when a new model is worth it."""

import numpy as np

from ontime.core.loop.frozen_model import loss_rises, worth_retraining


def test_a_loss_rises_where_what_follows_is_beyond_what_was():
    before = np.array([0.40, 0.42, 0.41, 0.43, 0.40])
    losses = np.array([0.41, 0.42, 0.60, 0.62, 0.61, 0.60])
    assert loss_rises(before, losses, 0.9).tolist()[:2] == [True, True]
    assert not loss_rises(before, np.full(6, 0.41), 0.9).any()
    assert not loss_rises(before, np.array([0.9, 0.41, 0.42, 0.41, 0.42]), 0.9)[0]  # its own loss is not what follows
    assert loss_rises(before, np.array([0.41, 0.42, 0.41, 0.42, 1.2]), 0.9)[0]  # the fourth that follows is
    assert not loss_rises(np.array([]), losses, 0.9)[0]  # too little is known


def test_a_new_model_is_worth_it_by_what_comes_after_it_was_trained():
    gaps = np.array([[0.0, 0.1, 0.1], [9.0, 0.0, -0.1], [9.0, 9.0, 0.0]])
    assert worth_retraining(gaps, 0.05).tolist() == [True, False, False]
