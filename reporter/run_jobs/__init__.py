"""What stands around a run: one at a time, a record of each, and word of it to whoever watches.

Knows nothing of what a run does.
"""

from reporter.run_jobs.lock import Claim, one_at_a_time

__all__ = ["Claim", "one_at_a_time"]
