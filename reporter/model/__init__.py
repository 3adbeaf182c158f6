"""Typed values. They validate themselves and do nothing else: no I/O, no clock, no verdicts."""
