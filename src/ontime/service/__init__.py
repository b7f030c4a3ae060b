"""The live half: rows asked over HTTP, answered from what has come so far, with a store behind it.

sender: steps of a replay -> a running service, each request until it is answered
"""
