"""The contract of the five raw tables.

clocks: when what is known of a flight becomes known
columns: every table and column: type, range, unit, clock and reason
rules: what must hold between columns, rows and tables, and what must hold for a month
outcome: what 'not on time' means, and when it is known
times: local fields and time zones -> moments in UTC
"""
