"""Benchmarks: `minsheng110 bench NAME`. They measure and never judge; no test depends on a time."""
