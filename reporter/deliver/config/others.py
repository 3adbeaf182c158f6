"""Entries of the connector configuration that are no connectors: a store that takes files."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from reporter.deliver.configured import Configured, Key, Needs


class StoreEntry:
    """A store that files are put into, and read back from."""

    needs: ClassVar[Needs] = Needs()
    keys: ClassVar[tuple[Key, ...]] = ()

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:  # noqa: ARG003 - nothing more to ask
        """Find nothing wrong."""
        yield from ()


OTHERS: Final[Mapping[str, type[StoreEntry]]] = {"http_put": StoreEntry}
