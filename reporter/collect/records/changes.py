"""What of a file was read before: an append-only file is read on from there, anything else from its start."""

import hashlib
import os
from typing import Final, NamedTuple

from reporter.collect.files import Unread, open_file
from reporter.collect.records.lines import Bookmark
from reporter.collect.records.shards import Span

BLOCK: Final = 1 << 16


class SourceState(NamedTuple):
    """A file as it was read: `offset` and `lines` of it, the last block of which has this sha256."""

    size_bytes: int
    mtime_ns: int
    inode: int
    offset: int
    lines: int
    tail_sha256: str


def state_of(path: str, bookmark: Bookmark | None = None) -> SourceState | None:
    """Describe a file; take it before reading starts, and again with the bookmark when it ended.

    Without a bookmark all of the file counts as read. None when it is not there, or no regular file.
    """
    file = open_file(path)
    if isinstance(file, Unread):
        return None
    try:
        with file:
            status = os.fstat(file.fileno())
            offset = status.st_size if bookmark is None else bookmark.offset
            file.seek(max(0, offset - BLOCK))
            tail = file.read(min(BLOCK, offset))
    except OSError:
        return None
    return SourceState(
        status.st_size,
        status.st_mtime_ns,
        status.st_ino,
        offset,
        bookmark.lines if bookmark else 0,
        hashlib.sha256(tail).hexdigest(),
    )


def resume(path: str, before: SourceState | None, *, append_only: bool) -> Span | None:
    """Say what is to be read: None when nothing is.

    Only the same file, grown, with the same bytes before the offset, is read on; a file that shrank, was replaced or
    was edited where the last reading ended is read from its start.
    """
    if before is None:
        return Span()
    here = state_of(path, Bookmark(before.offset, before.lines))
    if here is None or here.tail_sha256 != before.tail_sha256 or here.inode != before.inode:
        return Span()
    if (here.size_bytes, here.mtime_ns) == (before.size_bytes, before.mtime_ns):
        return None
    if append_only and here.size_bytes > before.size_bytes:
        return Span(before.offset, None, before.lines + 1)
    return Span()
