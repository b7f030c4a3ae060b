"""Answers: from messages, through the contract, as of a moment.

messages: feeds of messages <-> the month of a raw table that they make together
admission: a month of messages held against the contract; what is quarantined, what stops
checked_months: months of messages, each checked once while it is needed
message_types: a message as an API hands it over -> values of the declared types
message_json: values of messages <-> JSON, exactly
row_keys: keys of messages and of the rows that they make -> which rows share theirs
live_table: messages of a table, one by one -> its rows as they now stand, and what breaks the contract in them
message_admission: messages of all feeds, one by one -> the rows of each table
bundle: what answers, as one thing with one version
answers: what answers depend on; features as of a moment; probability, decision and conformal set
model_rows: rows, and what was read of the streams, as the numbers that a model reads
row_answers: answers to one row or many, without frames, with reasons
online_state: rows as they come, and what is known of the streams; answers to them as of now
parity: answers of a service beside those of batch
batch: rows that are asked for, chunk after chunk, answered a month at a time
replayed_messages: tables of past months -> their messages as they became known, with heartbeats
latency: how long answers take, as lines of a table
"""
