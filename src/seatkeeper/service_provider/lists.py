"""Lists and searches: one page of one resource type, or of all (RFC 7644 3.4.2, 3.4.3; RFC 9865).

A door in, beside the walk. A page is found by index or by cursor; a cursor is
sealed for the client and the question that it was given to. Across resource
types, what one type does not have matches nothing and is not shown, and the
types follow each other unless an order is asked for.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.scim.cursor import CursorSeal
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.holding import Stored, Wanted
from seatkeeper.scim.messages import Resource, list_response
from seatkeeper.scim.names import get
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.query import PageLimits, Query, read_query, read_search
from seatkeeper.scim.sorting import Sort, SortKey
from seatkeeper.scim.syntax import Filter
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.limits import Rules
from seatkeeper.service_provider.profile import Kind, Profile
from seatkeeper.service_provider.showing import Showing
from seatkeeper.service_provider.wire import Answer

CURSOR_SECONDS: Final = 3_600
MOST_SORTED_TOGETHER: Final = 10_000
_LONGEST_PLACE: Final = 600


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as one resource type understands it."""

    kind: Kind
    projection: Projection
    filter: Filter | None
    sort: Sort | None


@dataclass(frozen=True, slots=True)
class _Page:
    """What was found, how many there are in all, and the position of the next page, if any."""

    found: Sequence[tuple[_Asked, Stored]]
    total: int
    next: str


class Lists:
    """Answers the lists and searches of one app's service; ``key`` seals its cursors."""

    def __init__(self, keeper: Keeper, profile: Profile, showing: Showing, key: bytes) -> None:
        self._keeper = keeper
        self._rules = profile.rules
        self._limits = PageLimits(profile.page_size, self._rules.largest_page)
        self._showing = showing
        self._key = key

    def listed(self, call: Call, kinds: Sequence[Kind]) -> Answer:
        """Answer a GET."""
        query = read_query(call.query, self._limits)
        return self._answer(call, kinds, query, is_counted="count" in call.query)

    def searched(self, call: Call, kinds: Sequence[Kind]) -> Answer:
        """Answer a POST to ``/.search``."""
        body = call.resource()
        query = read_search(body, self._limits, call.inspection)
        return self._answer(call, kinds, query, is_counted=get(body, "count") is not None)

    def _answer(
        self, call: Call, kinds: Sequence[Kind], query: Query, *, is_counted: bool
    ) -> Answer:
        # What a question may not ask is said before anybody looks.
        asked = [_asked(one, query, _inspection(call, kinds), self._rules) for one in kinds]
        cursor = query.cursor
        if cursor is None:
            page = self._page(call, asked, query, "")
            shown = self._shown(call, page)
            return Answer(200, list_response(shown, total=page.total, start=query.start))
        seal = CursorSeal(self._key, call.bound_to)
        question = "\0".join((*(one.name for one in kinds), query.fingerprint))
        position, following = "", ""
        if cursor:
            if not is_counted:
                query = replace(query, count=seal.count_of(cursor))
            position = seal.open(cursor, question, query.count, utc_now())
        page = self._page(call, asked, query, position)
        if page.next:
            until = utc_now() + dt.timedelta(seconds=CURSOR_SECONDS)
            following = seal.seal(page.next, question, query.count, until)
        shown = self._shown(call, page)
        body = list_response(shown, total=page.total, start=None, next_cursor=following)
        return Answer(200, body)

    def _shown(self, call: Call, page: _Page) -> list[Resource]:
        """Return the resources of a page as they are shown, those of each type fetched at once."""
        by_kind: dict[str, Iterator[Resource]] = {}
        for name, one in {one.kind.name: one for one, _ in page.found}.items():
            mine = [stored for _, stored in page.found if stored.kind == name]
            by_kind[name] = iter(self._showing.page(mine, call, one.kind, one.projection))
        return [next(by_kind[stored.kind]) for _, stored in page.found]

    def _page(self, call: Call, asked: Sequence[_Asked], query: Query, position: str) -> _Page:
        if len(asked) > 1 and query.sort_by:
            return self._sorted_together(call, asked, query, position)
        if query.cursor is not None:
            return self._from(call, asked, query, position)
        return self._at_index(call, asked, query)

    def _at_index(self, call: Call, asked: Sequence[_Asked], query: Query) -> _Page:
        offset, total = query.start - 1, 0
        page: list[tuple[_Asked, Stored]] = []
        for one in asked:
            limit = query.count - len(page)
            found = self._keeper.find(
                one.kind.name, _wanted(call, one, query, offset=offset, limit=limit)
            )
            page += [(one, stored) for stored in found.page]
            total += found.total
            offset = max(0, offset - found.total)
        return _Page(page, total, "")

    def _from(self, call: Call, asked: Sequence[_Asked], query: Query, position: str) -> _Page:
        """Return the page at a position: which type, how many of it are past, and the place.

        A place that is too long for a cursor is left out; the number takes over.
        """
        number, past, place = (position or "0:0:").split(":", 2)
        begun = int(number)
        total, following = 0, ""
        page: list[tuple[_Asked, Stored]] = []
        for at, one in enumerate(asked):
            limit = query.count - len(page) if at >= begun else 0
            offset, after = (int(past), place) if at == begun else (0, "")
            found = self._keeper.find(
                one.kind.name, _wanted(call, one, query, offset=offset, after=after, limit=limit)
            )
            page += [(one, stored) for stored in found.page]
            total += found.total
            if following or at < begun:
                continue
            if found.page and found.next:
                onwards = found.next if len(found.next) <= _LONGEST_PLACE else ""
                following = f"{at}:{offset + len(found.page)}:{onwards}"
            elif not limit and query.count and found.total:
                following = f"{at}:0:"
        return _Page(page, total, following)

    def _sorted_together(
        self, call: Call, asked: Sequence[_Asked], query: Query, position: str
    ) -> _Page:
        offset = int(position or 0) if query.cursor is not None else query.start - 1
        until = offset + query.count
        if until > MOST_SORTED_TOGETHER:
            raise ScimError(
                400,
                "tooMany",
                f"Users and groups in one order end at {MOST_SORTED_TOGETHER}. "
                "Ask each endpoint by itself, or narrow the filter.",
            )
        total = 0
        found: list[tuple[SortKey, _Asked, Stored]] = []
        for one in asked:
            part = self._keeper.find(one.kind.name, _wanted(call, one, query, limit=until))
            keys = self._keys_of(call, one, part.page)
            found += [(key, one, stored) for key, stored in zip(keys, part.page, strict=True)]
            total += part.total
        found.sort(key=lambda each: each[0], reverse=query.descending)
        following = str(until) if query.count and until < total else ""
        return _Page([(one, stored) for _, one, stored in found[offset:until]], total, following)

    def _keys_of(self, call: Call, one: _Asked, page: Sequence[Stored]) -> list[SortKey]:
        sort = one.sort
        if sort is None:
            return [(0, 0, "")] * len(page)
        related = sort.path.name in ("members", "groups")
        return [
            sort.key(r) for r in self._showing.wholes(page, call, one.kind, with_related=related)
        ]


def _asked(kind: Kind, query: Query, inspection: Inspection, rules: Rules) -> _Asked:
    taken = rules.allowed_filter(query.filter, kind.name)
    if taken is not None:
        compile_filter(taken, kind.schema, inspection)
    projection = query.projection(kind.schema, inspection)
    return _Asked(kind, projection, taken, query.sort(kind.schema, inspection))


def _inspection(call: Call, kinds: Sequence[Kind]) -> Inspection:
    # Asking all types at once means naming what only some of them have (RFC 7644 3.4.2.1).
    return call.inspection if len(kinds) == 1 else Inspection()


def _wanted(
    call: Call, one: _Asked, query: Query, *, limit: int, offset: int = 0, after: str = ""
) -> Wanted:
    return Wanted(
        one.kind.schema,
        filter=one.filter,
        sort=one.sort,
        offset=offset,
        after=after,
        limit=limit,
        base=call.base,
    )
