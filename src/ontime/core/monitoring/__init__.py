"""How a model in service is watched: what it predicted, what came of it, how far its inputs drifted, when to alarm.

ledger: predictions and outcomes by row; what any ledger must do, and one in memory.
expected_performance: the metrics that probabilities promise before outcomes are known, with the error of such promises.
drift: how rows' drift ranks among that of the reference's own weeks.
silence: whether a source of messages was silent.
readings: what a window of days showed.
alarms: whether readings ring an alarm.
"""
