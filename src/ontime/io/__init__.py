"""Files of a checkout, and those that people give.

paths: every path of a checkout, once
formats: frames, JSON, text and pictures as files, read and written
month_files: tables as files by month: which there are, and months read
model_files: a model's folder: its trees and its signature
bundle_files: a bundle's folder: the parts that answer, their list, what lies beside them
utf8_files: bytes that should be text in UTF-8, checked while they are read
csv_files: CSV of any writer as columns of text, or what is wrong with the file
foreign_files: tables that others wrote, Parquet or CSV, as the contract has them
message_files: a folder of messages: feeds by month, reference tables
recorded_feed: what was sent in a span of the past, from raw and clean tables
row_files: files of rows to be answered
answer_files: what a batch of rows is answered with, and the file of answers
atomic: what is written is there whole or not at all; drafts of stages and of single files
checkpoints: what a killed run leaves for the next one
hashes: hashes of contents: of data, and of folders as DVC forms them
"""
