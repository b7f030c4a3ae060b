"""What people and schedulers run: actions change the world and are not cached. One module a verb.

predict: answers to rows, from messages
serve: a bundle and a store -> answers over HTTP
load: clean months of the past -> the store of the service
openapi: the interface of the service, as it stands in docs/openapi.json
parity: the same from batch and from a running service?
send: messages of the past, as they became known -> a running service
bench: how long answers take
_measured_work: what of them is measured; no verb
document: the dictionaries of data and features, written anew
sweep: an experiment for each combination of params
compare: is one revision better than another?
ci_report: what a reviewer reads of two revisions
data_diff: what changed in the clean tables between two revisions
data_verify: is the content of every output what dvc.lock says?
lineage: where a model comes from
db_upgrade: the store of the service, at the schema of this code
db_status: which schema the store has
"""
