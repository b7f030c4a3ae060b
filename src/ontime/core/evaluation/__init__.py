"""Predicted rows and their outcomes -> where the model is weak, what mistakes cost, how early it knows.

audit: a published figure, rebuilt, and each step from there to the backtest.
chance: in how many bands chance alone makes a gap look real.
conformal: sets of outcomes that hold the true one as often as they promise.
costs: answers by what mistakes cost, and what the answers cost.
lead_record: the record of the backtest at one lead, and what is lost without a feature group.
leads: the records of several leads as tables, and how early, in a sentence.
mistakes: the worst mistakes, what misled the model, and the bands they share.
segments: pairs of bands with a gap, found in odd weeks and confirmed in even ones.
slices: rows cut into bands, and how good the model is in each.
sweep: the trials of a grid of params, and which of them is better.
"""
