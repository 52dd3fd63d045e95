"""Record what each request changes: a keeper around the keeper.

Beside the walk. It passes everything on, compares each resource before and
after, and holds the changes of the present request until its number is known.
Whoever listens is told of each change of an account; what follows from one is
decided there.
"""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Final, Protocol

from seatkeeper.clock import utc_now
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.service_provider.keeper import Keeper, always
from seatkeeper.service_provider.passing import PassingReads
from seatkeeper.service_provider.profile import GROUPS
from seatkeeper.store.resource_file import stamp
from seatkeeper.store.resource_history import Change

_PENDING: ContextVar[list[Change]] = ContextVar("sandbox_changes")
_LONGEST: Final = 2_000

MembersAmong = Callable[[str, Collection[str] | None], set[str]]
"""Says which of these ids (none: of all) are members of a group."""


Together = Callable[[], AbstractContextManager[None]]
"""Makes one writing transaction of what is asked of the keeper in a block."""


class Listener(Protocol):
    """Is told of each account that was created, changed or deleted."""

    def written(
        self, account_id: str, before: Resource | None, after: Stored | None, now: dt.datetime
    ) -> None:
        """Take note; ``before`` is none of a new account, ``after`` of one that is gone."""


class RecordingKeeper(PassingReads):
    """A ``Keeper`` that records what changes."""

    def __init__(self, inner: Keeper, members_among: MembersAmong, together: Together) -> None:
        super().__init__(inner)
        self._members_among = members_among
        self._together = together
        self.listeners: list[Listener] = []

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource, and record it."""
        made = self._inner.create(kind, values, now, members)
        flat = flattened(made.values)
        at = made.created
        _record(
            Change(at, kind, made.id, "created", path, None, value) for path, value in flat.items()
        )
        _record(Change(at, kind, made.id, "joined", other_id=one) for one in dict.fromkeys(members))
        self._tell(kind, made.id, None, made, now)
        return made

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
        """Change a resource, and record what differs afterwards."""
        held: list[Resource] = []

        def seen(values: Resource) -> Resource:
            held[:] = [values]
            return change(values)

        if not members:
            after = self._inner.edit(kind, resource_id, seen, now, allow=allow)
        else:
            # Nobody else comes or goes between the two looks and the change.
            with self._together():
                touched = _touched(members)
                were = self._members_among(resource_id, touched)
                after = self._inner.edit(kind, resource_id, seen, now, members, allow=allow)
                are = self._members_among(resource_id, touched)
            at = stamp(now)
            _record(
                Change(at, kind, resource_id, "left", other_id=one) for one in sorted(were - are)
            )
            _record(
                Change(at, kind, resource_id, "joined", other_id=one) for one in sorted(are - were)
            )
        self._changed(kind, held[0] if held else {}, after, now, "changed")
        return after

    def move(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
    ) -> None:
        """Change a resource as the app itself does, not as its client asked."""
        held: list[Resource] = []

        def seen(values: Resource) -> Resource:
            held[:] = [values]
            return change(values)

        after = self._inner.edit(kind, resource_id, seen, now)
        self._changed(kind, held[0] if held else {}, after, now, "moved")

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        """Delete a resource, and record what it held."""
        held: list[Stored] = []

        def seen(one: Stored) -> None:
            allow(one)
            held[:] = [one]

        self._inner.delete(kind, resource_id, allow=seen)
        now = utc_now()
        before = held[0].values if held else {}
        _record(
            Change(stamp(now), kind, resource_id, "deleted", path, value)
            for path, value in flattened(before).items()
        )
        self._tell(kind, resource_id, before, None, now)

    def _changed(
        self, kind: str, before: Resource, after: Stored, now: dt.datetime, what: str
    ) -> None:
        if before == after.values:
            return
        old = flattened(_unlike(before, after.values))
        new = flattened(_unlike(after.values, before))
        _record(
            Change(stamp(now), kind, after.id, what, path, old.get(path), new.get(path))
            for path in dict.fromkeys([*old, *new])
            if old.get(path) != new.get(path)
        )
        self._tell(kind, after.id, before, after, now)

    def _tell(
        self,
        kind: str,
        resource_id: str,
        before: Resource | None,
        after: Stored | None,
        now: dt.datetime,
    ) -> None:
        if kind == GROUPS:
            return
        for listener in self.listeners:
            listener.written(resource_id, before, after, now)


def taken() -> list[Change]:
    """Return what the present request has changed, and forget it."""
    found = _PENDING.get([])
    _PENDING.set([])
    return found


def flattened(values: Resource) -> dict[str, str]:
    """Return each value of a resource as text, by its attribute path."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            between = ":" if name.startswith("urn:") else "."
            for sub, part in value.items():
                found[f"{name}{between}{sub}"] = _text(part)
        elif isinstance(value, list):
            found.update(_elements(name, value))
        else:
            found[name] = _text(value)
    return found


def _unlike(values: Resource, others: Resource) -> Resource:
    """Return the attributes that others have not, or have with another value."""
    return {
        name: value for name, value in values.items() if name not in others or others[name] != value
    }


def _elements(name: str, elements: list[Json]) -> dict[str, str]:
    types = [one.get("type") if isinstance(one, dict) else None for one in elements]
    if None in types or len(set(map(str, types))) < len(types):
        return {name: _text(elements)}
    return {
        f'{name}[type eq "{one["type"]}"].{sub}': _text(part)
        for one in elements
        if isinstance(one, dict)
        for sub, part in one.items()
        if sub != "type"
    }


def _text(value: Json) -> str:
    if isinstance(value, dict) and set(value) <= {"value", "$ref"}:
        value = value.get("value")
    if isinstance(value, bool):  # said by hand, because many values are one
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:_LONGEST]


def _record(changes: Iterable[Change]) -> None:
    pending = _PENDING.get(None)
    if pending is None:
        pending = []
        _PENDING.set(pending)
    pending.extend(changes)


def _touched(members: Sequence[MemberChange]) -> set[str] | None:
    """Return the members that changes may touch, or none where only looking at all tells."""
    if any(one.write is MemberWrite.REPLACE or one.where is not None for one in members):
        return None
    return {member for one in members for member in one.ids}
