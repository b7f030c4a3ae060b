"""Samples in bins -> how far apart they are, and profiles of what a model learned from.

distances: counts in bins, and five tests of how far apart two samples are
reference: the profile of a reference, the distances of later rows from it, and thresholds
"""
