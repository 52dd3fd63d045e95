"""The mapping language: text to tree, tree to closures, closures to values.

    source change -> scope -> [map] -> match -> plan -> export -> log

Pure. It reads no clock and draws no chance: moment, seed and taken values are
arguments (``values.Environment``). ``mapping.evaluate`` calls it.
"""
