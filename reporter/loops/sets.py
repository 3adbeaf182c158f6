"""Sorted sets cut to their newest members: whatever is added in whatever order and number, the same remain."""

from bisect import bisect_left
from datetime import datetime
from itertools import islice
from operator import eq
from typing import Any, TypeVar

Item = TypeVar("Item", bound=Any)


def is_past(items: tuple[Any, ...], at: datetime, most: int) -> bool:
    """Say whether so many members are kept that what happened at an instant is too old to be one."""
    return len(items) >= most and at < items[0].at


def keep(items: tuple[Item, ...], item: Item, most: int) -> tuple[Item, ...]:
    """Add to a sorted set, of which only the newest `most` members are kept."""
    if not items:
        return (item,)
    if item > items[-1]:
        return (*items, item) if len(items) < most else (*items[1:], item)
    if item < items[0]:
        return (item, *items) if len(items) < most else items
    place = bisect_left(items, item)
    if items[place] == item:
        return items
    longer = (*items[:place], item, *items[place:])
    return longer if len(longer) <= most else longer[1:]


def newest(items: list[Item], most: int) -> tuple[Item, ...]:
    """Sort members that came in any order and number, and keep the newest `most`."""
    if len(items) > 1:
        items = sorted(items)
        if any(map(eq, items, islice(items, 1, None))):
            items = sorted(set(items))
    return tuple(items[-most:])


def join(one: tuple[Item, ...], other: tuple[Item, ...], most: int) -> tuple[Item, ...]:
    """Join two such sets."""
    if not one or one == other:
        return other
    for item in other:
        one = keep(one, item, most)
    return one
