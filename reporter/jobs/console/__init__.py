"""What the console shows of one environment: every report, the state of every route, and the newest records."""

from reporter.jobs.console.looking import look_at

__all__ = ["look_at"]
