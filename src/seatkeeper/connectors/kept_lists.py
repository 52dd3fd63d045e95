"""An app's list, kept while several questions that no filter carries are answered from it.

    source change -> scope -> map -> [match] -> plan -> export -> log

Beside the SCIM target. An app without a filter for a question is asked for its
whole list; a hundred questions one after another need not read it a hundred
times. A list is kept only as long as it can be believed as much as one read
anew: until we write to the app, for a minute at most, and while it is small.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seatkeeper.clock import uptime
from seatkeeper.connectors.list_walk import ListWalk

MOST_PAGES: Final = 2_000
"""Pages of a list that is read because the app has no filter for the question."""

LONGEST: Final = 60.0
"""Seconds from the first page on; what others change in the app meanwhile is not seen."""

MOST: Final = 5_000
"""Resources; a longer list is read anew for each question."""

Resource = Mapping[str, Any]
ValueOf = Callable[[str, Resource], str | None]
"""The text at a path of a resource; none: there is none, or more than one."""


@dataclass
class KeptList:
    """What was read of a list so far. Whoever holds ``reading`` may read on."""

    walk: ListWalk = field(default_factory=lambda: ListWalk(MOST_PAGES))
    begun: float = field(default_factory=uptime)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _resources: dict[str, Resource] = field(default_factory=dict)
    _by_value: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def took(self, page: Sequence[Resource], total: int, value_of: ValueOf) -> None:
        """Add a page, and the length that the app told beside it."""
        self.walk.took([str(one["id"]) for one in page], total)
        new = {str(one["id"]): one for one in page}
        added = {one_id: one for one_id, one in new.items() if one_id not in self._resources}
        self._resources |= added
        for path, values in self._by_value.items():
            _enter(values, path, added, value_of)

    def with_value(self, path: str, value: str, value_of: ValueOf) -> list[Resource]:
        """Return those whose value is this one, but for upper and lower case."""
        if path not in self._by_value:
            self._by_value[path] = defaultdict(list)
            _enter(self._by_value[path], path, self._resources, value_of)
        ids: Iterable[str] = self._by_value[path].get(value.casefold(), ())
        return [self._resources[one] for one in ids]

    def may_be_kept(self) -> bool:
        """Whether another question may still be answered from it."""
        return uptime() - self.begun < LONGEST and len(self._resources) <= MOST


class KeptLists:
    """The lists of an app by the name of their kind."""

    def __init__(self) -> None:
        self._lists: dict[str, KeptList] = {}

    def of(self, kind: str) -> KeptList:
        """Return the list for a question that is asked now."""
        kept = self._lists.get(kind)
        if kept is None or not kept.may_be_kept():
            kept = self._lists[kind] = KeptList()
        return kept

    def written(self) -> None:
        """Forget all: something was sent, or answered, that may have changed them."""
        self._lists.clear()


def _enter(
    values: dict[str, list[str]], path: str, resources: Mapping[str, Resource], value_of: ValueOf
) -> None:
    for one_id, resource in resources.items():
        held = value_of(path, resource)
        if held is not None:
            values[held.casefold()].append(one_id)
