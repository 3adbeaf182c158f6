"""What stands around a run: one at a time, a record of each, and word of it to whoever watches.

Knows nothing of what a run does.
"""
