"""Features with outcomes -> a model, the baselines that it must beat, and the backtest of both.

split: which months learn, choose and judge, and what was known at a moment
model: trees and what they read, their probabilities and contributions
one_row: the probability of one row at a time, in a fifth of the time
training: how many trees, and the trees themselves, with checkpoints
signature: what JSON holds of a model, typed
climatology: how often the outcome is true by the schedule alone, also the fallback
logistic: logistic regression, with its options
baselines: climatology, the last day and logistic regression side by side
backtest: each month predicted by what could be learned before it
"""
