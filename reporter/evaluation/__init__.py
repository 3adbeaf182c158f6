"""Deciding about one action, by Python and by the Go runtime, and comparing the two (domain.md B8).

`patterns`, `policy`, `decision` and `parity` are pure; `runtime` starts the Go runtime and never trusts what it says.
"""
