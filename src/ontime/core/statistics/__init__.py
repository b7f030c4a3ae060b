"""Outcomes, probabilities and days -> metrics, and how sure they are.

metrics: every metric, under any weights of the days
day_metrics: a metric as a function of drawn days, and the influence of each day on it
standard_errors: the error of a metric in closed form, by months, by days of fixed months, by days
intervals: an interval, which question it answers, and the way to one
dependence: how alike days are, of one month and near one another
surrogates: samples of days that are as alike as those at hand, by which intervals are simulated
bootstrap: intervals of the two metrics that have no influence function
comparison: two predictions of the same rows, paired
curves: ROC, precision and calibration as small tables
"""
