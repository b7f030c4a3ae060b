"""The live half: rows asked over HTTP, answered from what has come so far, with a store behind it.

run: a service, with everything around it, until it is ended
service: the parts, put together
app: the HTTP interface
schemas: the models of requests and answers, from the dataset's contract
openapi: the OpenAPI document of a dataset's service
live: what has come so far, and the bundle that answers
ingest: messages as they come: to the store, then to what is known
scheduler: rows that fall due, and outcomes that are known
bundle_watch: the folder of the bundle, and the kill switch
clock: now
restore: what the store holds, as what is known
records: what is written down and looked up, in the service's words
store: all SQL
migrations: the tables of the store, made and changed step by step
edge: what stands around the application: keys, limits, errors, logs, metrics, the page of the API
sender: steps of a replay -> a running service, each request until it is answered
"""
