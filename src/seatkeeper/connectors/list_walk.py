"""Walk through a list page by page, whatever the app says of its length.

Beside the last station of the walk. Decides where the next page begins and
when the list has been read. An app's own count is believed for whoever was
found, never for whoever was not: then the walk ends only with a page that
brings nobody new. Pure; pages are asked for in ``scim_target``.
"""

from collections.abc import Collection
from typing import Final

_AGAIN: Final = 2
"""How often a list is begun anew whose length shrank while it was read."""


class ListWalk:
    """How far one list has been read; at most ``pages`` pages of it."""

    def __init__(self, pages: int) -> None:
        self.start = 1
        self.left = pages
        self._told = 0
        self._again = _AGAIN
        self._seen: set[str] = set()
        self._brought_new = True

    def took(self, ids: Collection[str], total: int) -> None:
        """Note one page with the length that the app told beside it.

        A list that has become shorter is begun anew: whoever was deleted let others move up, past
        the place where the next page begins (design: the list is never believed for a miss).
        """
        self.left -= 1
        self._brought_new = not self._seen.issuperset(ids)
        if total < self._told and self._again:
            self._again -= 1
            self.start, self._told, self._seen, self._brought_new = 1, total, set(), True
            return
        self._told = total
        self._seen.update(ids)
        self.start += len(ids)

    def is_over(self, *, sure: bool) -> bool:
        """Whether nobody else can come; ``sure``: the app's count may be believed."""
        return not self._brought_new or (sure and self.start > self._told)
