"""One module a stage of dvc.yaml, in the order of the story: read, call, write.

fetch: the source's tables as they are
validate: the tables held against their contract; what is sound, and the rest in quarantine
featurize: what was known of each row as of its prediction
train: the model, its reference and its fallback
backtest: each month predicted by what was known before it
evaluate: the headline numbers of the test window
bundle: all that answers, in one folder with one version
slices: where the model is weak, and what mistakes cost
score: the test window answered from messages; it must be what evaluate said
stress: laws, sources that fail, days that drift
lead: the backtest at another lead
leads: the leads side by side
audit: a published figure, and each step from there to ours
alarms: every alarm rule, judged by what came after it rang
replay: the loop over the year, under every policy and with every fault
report: all that was found, on one page and in a card
"""
