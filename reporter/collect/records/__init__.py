"""Evidence records from wherever they are kept: one reader for each kind of source, all streaming.

Memory does not grow with the number of records. What is damaged is a RecordFault, and the rest counts.
"""

from reporter.collect.records.changes import SourceState, resume, state_of
from reporter.collect.records.damage import damage_of
from reporter.collect.records.lines import Bookmark
from reporter.collect.records.meter import Meter, measure_file
from reporter.collect.records.reading import Paging, Reading
from reporter.collect.records.shards import Span, count_lines, split_lines
from reporter.collect.records.source import (
    Kind,
    Source,
    find_sources,
    open_batches,
    open_source,
    read_backwards,
    read_source,
)

__all__ = [
    "Bookmark",
    "Kind",
    "Meter",
    "Paging",
    "Reading",
    "Source",
    "SourceState",
    "Span",
    "count_lines",
    "damage_of",
    "find_sources",
    "measure_file",
    "open_batches",
    "open_source",
    "read_backwards",
    "read_source",
    "resume",
    "split_lines",
    "state_of",
]
