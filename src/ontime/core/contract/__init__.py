"""Raw tables and their contract -> clean tables, what was quarantined, and findings.

columns: how a column is declared, and what its declaration says
duplicates: rows that came more than once -> one of each; different rows of one key -> violations
few_rows: shares, shifts and measures of few rows -> whether they are more than chance alone gives
findings: what is wrong with a table, and the text that says it
text_values: text, as CSV holds it, as numbers, moments and booleans
conversions: a column of any writer in the type that the contract declares, wherever that loses nothing
column_types: Arrow tables as frames with these types; else why a column has not its type
schema: files, columns and their types
values: columns of frames and values of single rows as arrays, and back
value_checks: the checks of a column as predicates over arrays
row_rules: columns of a month or of a message -> derived columns, and what breaks checks and rules
violations: what breaks a contract as violations, findings and quarantine
checks: one part of a table held against its contract
column_profile: shares and shift of a month's columns, and the limits of these
inspection: one part after another, checked and profiled
table_diff: two states of a folder of tables, month by month
column_diff: one column of two states
"""
