"""A keeper that keeps, and finds, something else than it was told.

Beside the walk: wraps the port ``Keeper``. Which request meets what was
decided before; here it is done to the values. What a read answered in the
past is remembered only while faults ask for it, and only in memory.
"""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.sandbox.faults.live import LiveFaults, met
from seatkeeper.sandbox.faults.model import Drop, Duplicate, FoldCase, Kept, Stale
from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.filter import print_filter
from seatkeeper.scim.holding import Found, Keys, Stored, Wanted, reference, whole
from seatkeeper.scim.members import MemberChange
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.service_provider.keeper import Keeper, always
from seatkeeper.service_provider.passing import PassingReads

_REMEMBERED: Final = 1_000
_ALL: Final = 1_000_000_000
_MAY_DUPLICATE: Final[ContextVar[tuple[Resource, Resource] | None]] = ContextVar(
    "may_duplicate", default=None
)
"""What is about to be kept though somebody may have its unique values, and what was there."""


@dataclass(frozen=True, slots=True)
class _Before:
    """One resource as it was before a write: absent, or with its members."""

    kind: str
    id: str
    held: Stored | None
    members: tuple[Stored, ...]
    at: dt.datetime


def accepting_duplicates(
    keys_of: Callable[[str, Resource], Keys],
    lowered: Callable[[str, Resource], Resource],
) -> Callable[[str, Resource], Keys]:
    """Return ``keys_of``, where what a request may duplicate claims only what it had before.

    ``lowered`` is what the app itself does to values between here and the storage.
    """

    def keys(kind: str, values: Resource) -> Keys:
        found = keys_of(kind, values)
        bent = _MAY_DUPLICATE.get()
        if bent is None or lowered(kind, bent[0]) != values:
            return found
        had = frozenset(keys_of(kind, bent[1]).unique)
        return replace(found, unique=[one for one in found.unique if one in had])

    return keys


class FaultyKeeper(PassingReads):
    """Keeps in ``inner``, with the faults that the request at hand meets."""

    def __init__(self, inner: Keeper, faults: LiveFaults, clock: Callable[[], dt.datetime]) -> None:
        super().__init__(inner)
        self._faults = faults
        self._clock = clock
        self._lock = threading.Lock()
        self._past: deque[_Before] = deque(maxlen=_REMEMBERED)

    def forget(self) -> None:
        """Forget what was there before: everything was replaced."""
        with self._lock:
            self._past.clear()

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource, changed as the faults have it."""
        made = self._inner.create(kind, _bent(values, {}), now, members)
        self._remember(_Before(kind, made.id, None, (), now))
        return made

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, perhaps as it was."""
        before = self._overlay().get(resource_id)
        if before is None or before.kind != kind:
            return self._inner.get(kind, resource_id)
        if before.held is None:
            raise NotThere(f"There is no {kind} with that id.")
        return before.held

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
        *,
        allow: Callable[[Stored], None] = always,
    ) -> Stored:
        """Change a resource, other than it was asked for where the faults have it."""
        before = self._before(kind, resource_id, now)
        found = self._inner.edit(
            kind,
            resource_id,
            lambda held: _bent(change(held), held),
            now,
            members,
            allow=allow,
        )
        self._remember(before)
        return found

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        """Delete for good; a stale read may still find it."""
        before = self._before(kind, resource_id, self._clock())
        self._inner.delete(kind, resource_id, allow=allow)
        self._remember(before)

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page, perhaps of what was there."""
        overlay = self._overlay()
        if not overlay and wanted.after.isdecimal():  # a place in a stale list, given below
            wanted = replace(wanted, after="", offset=int(wanted.after))
        if not overlay or (wanted.after and not wanted.after.isdecimal()):
            return self._inner.find(kind, wanted)
        everything = self._inner.find(kind, Wanted(wanted.schema, limit=_ALL, base=wanted.base))
        then = _as_it_was(kind, everything.page, overlay)
        shown = [(self._shown(one, wanted), one) for one in then]
        if wanted.filter is not None:
            meets = compile_filter(wanted.filter, wanted.schema)
            shown = [(body, one) for body, one in shown if meets(body)]
        if wanted.sort is not None:
            sort = wanted.sort
            shown.sort(key=lambda pair: sort.key(pair[0]), reverse=sort.descending)
        offset = int(wanted.after) if wanted.after else wanted.offset
        page = [one for _, one in shown[offset : offset + wanted.limit]]
        following = offset + len(page)
        return Found(page, len(shown), str(following) if page and following < len(shown) else "")

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return the members of a group, perhaps as they were."""
        before = self._overlay().get(group_id)
        return self._inner.members(group_id) if before is None else before.members

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each group, perhaps as they were, or the groups of each person."""
        found = self._inner.related(kind, ids)
        overlay = self._overlay() if kind == "Group" else {}
        stale = {one: before.members for one in ids if (before := overlay.get(one)) is not None}
        return {**found, **stale}

    def _shown(self, one: Stored, wanted: Wanted) -> Resource:
        asked = "" if wanted.filter is None else print_filter(wanted.filter).casefold()
        related: Sequence[Stored] = ()
        if one.kind == "Group" and "members" in asked:
            related = self.members(one.id)
        elif one.kind != "Group" and "groups" in asked:
            related = self.groups_of(one.id)
        named = [reference(other, _location(other, wanted.base)) for other in related]
        return whole(one, wanted.schema, _location(one, wanted.base), named)

    def _before(self, kind: str, resource_id: str, now: dt.datetime) -> _Before | None:
        if not self._is_asked_for:
            return None
        held = self._inner.get(kind, resource_id)
        members = tuple(self._inner.members(resource_id)) if kind == "Group" else ()
        return _Before(kind, resource_id, held, members, now)

    @property
    def _is_asked_for(self) -> bool:
        return any(isinstance(rule.kind, Stale) for rule in self._faults.rules)

    def _remember(self, before: _Before | None) -> None:
        if before is None or not self._is_asked_for:
            return
        with self._lock:
            self._past.append(before)

    def _overlay(self) -> Mapping[str, _Before]:
        """Return what a stale read sees instead, by id; the oldest state asked for wins."""
        found: dict[str, _Before] = {}
        for stale in _kept_faults():
            if not isinstance(stale, Stale):
                continue
            with self._lock:
                past = list(self._past)
            if stale.writes:
                hidden = past[-stale.writes :]
            else:
                since = self._clock() - dt.timedelta(seconds=stale.seconds)
                hidden = [one for one in past if one.at > since]
            for one in reversed(hidden):
                found[one.id] = one
        return found


def _kept_faults() -> tuple[Kept, ...]:
    fault = met()
    return fault.kept if fault else ()


def _as_it_was(
    kind: str, now: Iterable[Stored], overlay: Mapping[str, _Before]
) -> Sequence[Stored]:
    kept = [one for one in now if one.id not in overlay]
    past = [b.held for b in overlay.values() if b.kind == kind and b.held is not None]
    if not past:
        return kept
    return sorted([*kept, *past], key=lambda one: one.created)


def _bent(values: Resource, held: Resource) -> Resource:
    """Return the values as they are kept: ``held`` are those from before."""
    is_duplicate = False
    for fault in _kept_faults():
        match fault:
            case Drop(path):
                values = _put_back(values, held, path)
            case FoldCase():
                name = values.get("userName")
                if isinstance(name, str):
                    values = {**values, "userName": name.casefold()}
            case Duplicate():
                is_duplicate = True
            case _:
                pass
    _MAY_DUPLICATE.set((values, held) if is_duplicate else None)
    return values


def _put_back(values: Resource, held: Resource, path: Sequence[str]) -> Resource:
    """Return ``values`` with the one at ``path`` as ``held`` has it, absent if it has none."""
    name = _spelled(path[0], (*values, *held))
    before, after = held.get(name), values.get(name)
    found = {key: value for key, value in values.items() if key != name}
    if len(path) == 1:
        inner = before
    else:
        inner = _put_back(
            after if isinstance(after, dict) else {},
            before if isinstance(before, dict) else {},
            path[1:],
        )
    return found if inner is None or inner == {} else {**found, name: inner}


def _spelled(name: str, known: Iterable[str]) -> str:
    return next((one for one in known if one.casefold() == name.casefold()), name)


def _location(one: Stored, base: str) -> str:
    return f"{base}/{one.kind}s/{one.id}"
