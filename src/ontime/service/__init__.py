"""The live half: rows asked over HTTP, answered from what has come so far, with a store behind it.

edge: what stands around the application: keys, limits, errors, logs, metrics, the page of the API
"""
