"""The live half: rows asked over HTTP, answered from what has come so far, with a store behind it.

store: all SQL: messages, answers, outcomes, decisions, feedback; its writer; the loop's ledger and journal
sender: steps of a replay -> a running service, each request until it is answered
"""
