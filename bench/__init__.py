"""Measures the engine beside PyTorch CPU eager: one process, one BLAS thread each, interleaved, medians, ratios.

Ratios are what is held; absolute times belong to the machine. Nothing here is timed by a test.
"""
