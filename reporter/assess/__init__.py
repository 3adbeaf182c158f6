"""Verdicts. Pure functions of what was collected, the policy and `now`: no I/O, no clock, no logging."""
