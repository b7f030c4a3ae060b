"""All SQL of the project: what came in, what was answered, what came of it, and what the loop decided.

tables: the tables, as the code needs them
opening: a URL -> a store that can be read and written, or what is wrong with it
schema: the schema of a store, made and brought up to date
writer: one thread that writes, whatever waits in one transaction
answer_log: answers as they are given, to the writer all of a short time at once
records: messages, answers, outcomes, feedback and replies, written and read without frames
retention: old records and those of one user, deleted
sql_ledger: the loop's ledger on SQL
sql_journal: the loop's state and decisions on SQL
"""
