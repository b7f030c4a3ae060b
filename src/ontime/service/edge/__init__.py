"""Everything around the application that knows nothing of rows: who may ask, how much, and what is written of it.

settings: the limits and keys of a server
error_form: the one form of errors, and what is turned into it
keys: bearer keys with scopes, of the environment; who asks, and whether that is allowed
limits: concurrent requests, rate, time and body size
exchanges: a request and its response as they were: id, times, bytes; failures that nobody expected
security_headers: what a browser may do with a response
logs: a JSON line for each request and each message of the server
metrics: counts and times for Prometheus, gauges that are read when they are asked for
docs_page: the page of the API, from files of our own
openapi_changes: two OpenAPI documents -> what breaks clients
guarded: an application with all of it around it
server: uvicorn, which ends when every request has its answer
"""
