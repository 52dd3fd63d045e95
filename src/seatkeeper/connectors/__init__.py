"""Targets and, later, sources: the last station before the network.

source change -> scope -> map -> match -> plan -> [export] -> log
"""
