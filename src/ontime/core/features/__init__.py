"""The features of a row as of the moment of its prediction, for many rows at once and one row at a time.

table: the feature table of a month with its outcomes; the list of its features; what a model leaves out
point_in_time: what was known at each row's moment, for many rows at once
online: the same for one row at a time, while events come in
row_readers: what reads each declaration for one row; part of online
event_lines: events of one key in their order, with sums; what the readers read of
keys: columns of keys as whole numbers
most_frequent: the most frequent code of a stretch of codes, for many rows at once
failing_sources: the features that rows would have had if a source had failed
"""
