"""What features and answers must obey whatever happens, and what it costs when sources fail or days drift.

laws: verdicts on laws, and the table of all of them
answer_laws: what holds of a model's answers whatever the rows are
feature_laws: what holds of features when messages come late, and of examples made by hand
stress: what failing sources and simulated drift cost, with intervals
stress_month: everything that is tried on one month, with the model of that month
"""
