"""The features of a row as of the moment of its prediction, for many rows at once and one row at a time.

table: the feature table of a month with its outcomes; the list of its features; what a model leaves out
point_in_time: what was known at each row's moment, for many rows at once, from frames of events
column_readers: what reads each declaration for many rows at once, whatever keeps the events
online: the same for one row or many, while events come in
row_readers: what reads each declaration for one row; part of online
many_rows: what column_readers read of the events that online keeps
event_lines: events of one key in their order, with sums; what the readers read of
keyed_lines: the lines of a stream by key, filled event by event or all at once
snapshots: the state of online as bytes
moments: moments as whole numbers
keys: columns of keys as whole numbers
most_frequent: the most frequent code of a stretch of codes, for many rows at once
failing_sources: the features that rows would have had if a source had failed
"""
