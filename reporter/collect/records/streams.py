"""Bytes of a source as a stream: plain, or unpacked on the way. What is damaged raises DamagedStream."""

import errno
import gzip
import os
import sys
import zlib
from typing import IO, Final

from reporter.collect.records.reading import CHUNK, DamagedStream, Read

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
SQLITE: Final = b"SQLite format 3\x00"
HEAD_BYTES: Final = 64_000

MOST_TIMES: Final = 200
"""Records pack to a tenth or less, and to a hundredth where they repeat; more is made to be unpacked."""
LEAST_UNPACKED: Final = 64_000_000
"""So much may come out of any packed file."""
MOST_UNPACKED: Final = 20_000_000_000


def read_head(file: IO[bytes]) -> bytes:
    """Look at the first bytes of a file and go back to its start."""
    head = file.read(len(SQLITE))
    file.seek(0)
    return head


def plain_stream(file: IO[bytes], end: int | None = None) -> Read:
    """Read a file as it is, to its end or up to an offset."""

    def read(size: int) -> bytes:
        wanted = size if end is None else min(size, end - file.tell())
        try:
            return file.read(wanted) if wanted > 0 else b""
        except OSError as error:
            raise DamagedStream(*read_error(error)) from None

    return read


def unpacked_stream(file: IO[bytes], head: bytes, packed_bytes: int = 0) -> Read | None:
    """Unpack gzip and zstd by their magic bytes; None for anything else.

    Of a file of so many packed bytes only so much is unpacked as records could be.
    """
    if head.startswith(GZIP):
        packed: gzip.GzipFile | zstd.ZstdFile = gzip.GzipFile(fileobj=file, mode="rb")
        name = "gzip"
    elif head.startswith(ZSTD):
        packed = zstd.ZstdFile(file)
        name = "zstd"
    else:
        return None

    most = min(max(LEAST_UNPACKED, MOST_TIMES * packed_bytes), MOST_UNPACKED)
    unpacked = 0

    def read(size: int) -> bytes:
        nonlocal unpacked
        if unpacked > most:
            raise DamagedStream(f"more than {most} bytes in {packed_bytes} packed ones", f"{most} bytes at most")
        try:
            # read1 hands out what is there before it finds the damage behind it.
            chunk = packed.read1(size)
        except EOFError:
            raise DamagedStream(f"{name} data that end too early", f"a complete {name} file") from None
        except (OSError, zlib.error, zstd.ZstdError):
            raise DamagedStream(f"damaged {name} data", f"a sound {name} file") from None
        unpacked += len(chunk)
        return chunk

    return read


def size_of(file: IO[bytes]) -> int:
    """Measure a file and go back to its start."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def read_error(error: OSError) -> tuple[str, str]:
    """Say that the disk or the network file system fails."""
    return f"a read error ({errno.errorcode.get(error.errno or 0, 'EIO')})", "readable bytes"


def peek(read: Read) -> tuple[bytes, Read]:
    """Give the beginning of a stream, and a stream that still has it."""
    chunks: list[bytes] = []
    failure: DamagedStream | None = None
    size = 0
    while size < HEAD_BYTES:
        try:
            chunk = read(CHUNK)
        except DamagedStream as error:
            failure = error
            break
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)

    def again(size: int) -> bytes:
        if chunks:
            return chunks.pop(0)
        if failure:
            raise failure
        return read(size)

    return b"".join(chunks), again
