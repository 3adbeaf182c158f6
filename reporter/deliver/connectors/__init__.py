"""One module for each vendor, behind one interface: `registry` says which.

A module writes the message within the vendor's limits and judges the vendor's answer; the rest is shared.
"""
