"""The loop of a model in service, and its replay on the past.

The loop, live or replayed:
policy: when to retrain, promote, reject, roll back or escalate, with reasons.
state: what a day takes in, what is kept from day to day, what is written down of a decision.
day_step: one day of the loop: what is learned and decided.
score_rows: rows that fall due: what every version predicts, and what is answered.
journal: where state and decisions are kept.
advance: the loop on a day, whatever was missed or killed.

The replay:
scenarios: the data's time, plain or with something that fails.
timeline: a scenario by day, and what came in until each began.
replay_data: what all runs share: the feature table, its days and months, answers of before.
model_cache: models that are trained in scenarios, and their predictions, each made once.
progress: how far runs have come, as a checkpoint holds it.
replay: the loop over all days, for many runs at once.

What came of it:
scoring: what answers lost.
champion_changes: whether a change of the champion was for the better.
run_table: every run's metrics and counts, and its differences to baseline runs.
replay_record: the policy that is recommended, and the record.
frozen_model: a model that is never replaced, window by window.
alarm_rules: alarm rules, judged on frozen models.
"""
