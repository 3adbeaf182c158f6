"""What was read of a source: its sha256 and its size, taken as the bytes stream by."""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from reporter.collect.records.reading import CHUNK, Batches
from reporter.model.raw_records import RecordBatch


class Meter:
    """Counts bytes and takes their digest."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._digest = hashlib.sha256()

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        self.size_bytes += len(data)
        self._digest.update(data)

    @property
    def sha256(self) -> str:
        """The digest of all bytes taken."""
        return self._digest.hexdigest()


class _MeteredFile(io.RawIOBase):
    """A file that is read once from its start to its end, all bytes of it past a meter."""

    def __init__(self, file: BinaryIO, meter: Meter) -> None:
        super().__init__()
        self._file = file
        self._meter = meter

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._meter.update(data)
        return data


@contextlib.contextmanager
def metered_file(file: BinaryIO, meter: Meter | None) -> Iterator[IO[bytes]]:
    """Read a file past a meter. What its reader leaves, because of damage, still belongs to the digest."""
    if meter is None:
        yield file
        return
    metered = _MeteredFile(file, meter)
    yield cast("IO[bytes]", metered)
    with contextlib.suppress(OSError):
        while metered.read(CHUNK):
            pass


def metered_records(batches: Batches, meter: Meter | None) -> Batches:
    """Pass records by a meter, each with a line end."""
    for part in batches:
        if meter is not None and isinstance(part, RecordBatch):
            meter.update(b"".join(raw + b"\n" for raw in part.raws))
        yield part


def measure_file(path: str, end: int) -> Meter:
    """Take the digest of the bytes of a file before an offset. Raise OSError."""
    meter = Meter()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a text already
        while data := file.read(min(CHUNK, end - meter.size_bytes)):
            meter.update(data)
    return meter
