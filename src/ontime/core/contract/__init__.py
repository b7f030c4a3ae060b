"""Raw tables and their contract -> clean tables, what was quarantined, and findings.

columns: how a column is declared, and what its declaration says
findings: what is wrong with a table, and the text that says it
schema: files, columns and their types
violations: values that break a check or a rule
checks: one part of a table held against its contract
column_profile: shares and shift of a month's columns, and the limits of these
inspection: one part after another, checked and profiled
table_diff: two states of a folder of tables, month by month
column_diff: one column of two states
"""
