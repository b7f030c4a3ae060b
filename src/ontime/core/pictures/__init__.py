"""Tables of results -> pictures, one a module, each drawn the same on every machine.

ablation: what each feature group is worth at several leads.
alarms: a model that is never replaced, and how many alarms were useful.
audit: the steps from a published figure to one's own.
bands: ROC AUC, calibration gap and log loss minus climatology's of every band.
costs: what mistakes cost by threshold and by share answered, and what conformal sets hold.
headline: ROC AUC of each month and of the test window, and calibration.
latency: how long answers take, by their number.
leads: how good the model is, by how early it predicts.
replay: each policy over the year, and what faults add.
stress: what disturbed sources and drift cost, and the months as they came.
style: what all pictures share: colours, axes, lengths of intervals.
sweep: the trials of a sweep beside the committed recipe.
"""
