"""All that stands around a run, in order: the lock, the record of its start, its work, the record of its end, a ping.

Nothing here makes a run fail but the lock. What goes wrong with the rest is told and left at that.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from reporter.clock import utc_now
from reporter.errors import Locked
from reporter.jobs.runs.heartbeat import Heartbeat
from reporter.jobs.runs.lock import Patience, one_at_a_time
from reporter.jobs.runs.metrics import write_metrics
from reporter.jobs.runs.records import Begun, record_end, record_start
from reporter.jobs.runs.results import Ending, ending_of
from reporter.settings_model import Settings
from reporter.stopping import end_if_asked, ending_on_sigterm, finishing

Tell = Callable[[str], None]


class Watch:
    """What a run says of itself before it ends."""

    def __init__(self) -> None:
        self.ending: Ending | None = None

    def end(self, ending: Ending) -> None:
        """Say how it ended. A run that ends without saying so was ended by an error."""
        self.ending = ending


@contextmanager
def watched(  # noqa: PLR0913, PLR0917 - what is known of a run before it starts
    settings: Settings,
    what: str,
    environments: Sequence[str],
    as_of: datetime,
    wall_now: datetime,
    tell: Tell,
    patience: Patience | None = None,
) -> Iterator[Watch]:
    """Let a run of `what` do its work, alone. `tell` takes remarks.

    Raise Locked where another is at work, and is still when there is no `patience` left.
    """
    heartbeat = Heartbeat(settings, what, tell)
    watch, started = Watch(), time.monotonic()
    begun: Begun | None = None
    try:
        with ending_on_sigterm(), one_at_a_time(settings, what, wall_now, patience) as claim:
            for remark in claim.remarks:
                tell(remark)
            try:
                # A signal meanwhile is answered when the records stand: a start without an end tells of a kill.
                with finishing():
                    begun = record_start(settings, what, environments, as_of, wall_now)
                end_if_asked()
                if begun.remark:
                    tell(begun.remark)
                heartbeat.start()
                yield watch
            except BaseException as error:
                watch.end(ending_of(error))
                raise
            finally:
                if begun:
                    with finishing():
                        _tell_end(settings, begun, watch.ending, timedelta(seconds=time.monotonic() - started), tell)
    except Locked:
        raise
    except BaseException as error:
        heartbeat.end(ending_of(error))
        raise
    if watch.ending:
        heartbeat.end(watch.ending)


def _tell_end(settings: Settings, begun: Begun, ending: Ending | None, took: timedelta, tell: Tell) -> None:
    if ending is None:
        return
    ended_at = utc_now()
    for remark in (
        record_end(settings, begun, ending, ended_at, took),
        write_metrics(settings, begun.what, ending, ended_at, took),
    ):
        if remark:
            tell(remark)
