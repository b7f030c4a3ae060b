"""The machinery, pure: frames and arrays in; frames, arrays and dataclasses out.

A room for each chapter of a model's life. Each imports from those above it in this list only.

text: numbers, hours and tables in words
profiles: distances between samples; what the columns of a reference look like
statistics: metrics, metrics by day, intervals, comparison, curves
features: what was known of a row as of a moment, for many rows or one; sources that fail
contract: what data must be like; findings, quarantine, differences between tables
model: the split in time, the model, what it must beat, the backtest
evaluation: slices, mistakes, costs, conformal sets, leads, the audit, sweeps
robustness: laws that answers must obey; months under stress
serving: messages, their admission, answers in batches
monitoring: the ledger of predictions and outcomes, drift, expected performance, alarms
loop: the day of a model in service; its replay on the past
pictures: one module a picture
report: pages for people
"""
