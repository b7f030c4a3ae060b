"""Outcomes, probabilities and days -> metrics, and how sure they are.

metrics: every metric, under any weights of the days
day_metrics: a metric as a function of drawn days, and the influence of each day on it
autoregression: how alike neighbouring days are, and days drawn to be as alike
intervals: an interval, and the analytic way to one, for differences and many slices
bootstrap: the drawn way to an interval, for the headlines
comparison: two predictions of the same rows, paired
curves: ROC, precision and calibration as small tables
"""
