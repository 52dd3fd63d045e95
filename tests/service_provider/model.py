"""A keeper of resources in plain lists: slow, and simple enough to be obviously right.

Every other keeper is compared with it.
"""

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from seatkeeper.scim.errors import InvalidCursor, NotThere, UnfitValue
from seatkeeper.scim.holding import Found, Keys, Stored, Wanted, reference, whole
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.uniqueness import taken
from seatkeeper.service_provider.keeper import always


def stamp(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def numbered_ids() -> Callable[[], str]:
    """Return what makes ids 1, 2, 3, so that several keepers give the same."""
    numbers = count(1)
    return lambda: f"{next(numbers):08d}"


@dataclass
class Model:
    """Keeps everything in memory; ``held`` is in the order of creation."""

    keys_of: Callable[[str, Resource], Keys]
    new_id: Callable[[], str] = field(default_factory=numbered_ids)
    held: list[Stored] = field(default_factory=list)
    in_group: set[tuple[str, str]] = field(default_factory=set)
    order: dict[str, int] = field(default_factory=dict)

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        made = Stored(kind, self.new_id(), copy.deepcopy(values), stamp(now), stamp(now), 1)
        self._refuse_taken(made)
        self._refuse_strangers(member for member in members if member != made.id)
        self.held.append(made)
        self.order[made.id] = len(self.order)
        self.in_group |= {(made.id, member) for member in members}
        return made

    def get(self, kind: str, resource_id: str) -> Stored:
        for one in self.held:
            if (one.kind, one.id) == (kind, resource_id):
                return one
        raise NotThere(f"There is no {kind} with that id.")

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
        old = self.get(kind, resource_id)
        allow(old)
        values = change(copy.deepcopy(old.values))
        in_group = set(self.in_group)
        moved = False
        for one in members:
            before = set(in_group)
            self._change_members(in_group, resource_id, one)
            moved = moved or before != in_group
        if values == old.values and not moved:
            return old
        new = replace(old, values=values, modified=stamp(now), version=old.version + 1)
        self._refuse_taken(new)
        self.held[self.held.index(old)] = new
        self.in_group = in_group
        return new

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        gone = self.get(kind, resource_id)
        allow(gone)
        self.held.remove(gone)
        left = {group for group, member in self.in_group if member == resource_id}
        self.in_group = {pair for pair in self.in_group if resource_id not in pair}
        self.held = [
            replace(one, version=one.version + 1) if one.id in left else one for one in self.held
        ]

    def members(self, group_id: str) -> Sequence[Stored]:
        return [_light(one) for one in self.held if (group_id, one.id) in self.in_group]

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        return [_light(one) for one in self.held if (one.id, member_id) in self.in_group]

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        other = self.members if kind == "Group" else self.groups_of
        known = {one.id for one in self.held if one.kind == kind}
        return {one: found for one in ids if one in known and (found := other(one))}

    def find(self, kind: str, wanted: Wanted) -> Found:
        found = [(self._whole(one, wanted), one) for one in self.held if one.kind == kind]
        if wanted.filter is not None:
            meets = compile_filter(wanted.filter, wanted.schema)
            found = [(body, one) for body, one in found if meets(body)]
        sort = wanted.sort
        if sort is not None:
            found.sort(key=lambda pair: sort.key(pair[0]), reverse=sort.descending)
        rows = [one for _, one in found]
        start = self._after(wanted, found) if wanted.after else wanted.offset
        page = rows[start : start + wanted.limit] if wanted.limit else []
        more = bool(page) and start + len(page) < len(rows)
        return Found(page, len(rows), self._position(wanted, page[-1]) if more else "")

    def _position(self, wanted: Wanted, last: Stored) -> str:
        """Tell a place by all that decides it, for the row itself may be gone by then."""
        key = wanted.sort.key(self._whole(last, wanted)) if wanted.sort else None
        return json.dumps([key, self.order[last.id]])

    def _after(self, wanted: Wanted, found: Sequence[tuple[Resource, Stored]]) -> int:
        try:
            key, number = json.loads(wanted.after)
        except ValueError as error:
            raise InvalidCursor("not made here") from error
        for at, (body, one) in enumerate(found):
            here = list(wanted.sort.key(body)) if wanted.sort else None
            if here == key or here is None:
                beyond = self.order[one.id] > number
            elif wanted.sort and wanted.sort.descending:
                beyond = here < key
            else:
                beyond = here > key
            if beyond:
                return at
        return len(found)

    def _whole(self, one: Stored, wanted: Wanted) -> Resource:
        related = self.members(one.id) if one.kind == "Group" else self.groups_of(one.id)
        named = [reference(other, _location(other, wanted.base)) for other in related]
        return whole(one, wanted.schema, _location(one, wanted.base), named)

    def _refuse_taken(self, new: Stored) -> None:
        others = [one for one in self.held if one.kind == new.kind and one.id != new.id]
        claimed = {claim for one in others for claim in self.keys_of(one.kind, one.values).unique}
        for claim in self.keys_of(new.kind, new.values).unique:
            if claim in claimed:
                raise taken(claim[0])

    def _refuse_strangers(self, ids: Iterable[str]) -> None:
        if not set(ids) <= {one.id for one in self.held}:
            raise UnfitValue("A member's value must be the id of an account.")

    def _change_members(
        self, in_group: set[tuple[str, str]], group_id: str, change: MemberChange
    ) -> None:
        mine = {pair for pair in in_group if pair[0] == group_id}
        if change.write is MemberWrite.REMOVE:
            gone = {(group_id, one) for one in change.ids}
            if change.where is not None:
                meets = compile_filter(change.where)
                bodies = {pair: reference(self._any(pair[1]), "") for pair in mine}
                gone = {
                    pair
                    for pair, body in bodies.items()
                    if meets({key: body[key] for key in ("value", "type", "display")})
                }
            in_group -= gone
            return
        self._refuse_strangers(change.ids)
        if change.write is MemberWrite.REPLACE:
            in_group -= mine
        in_group |= {(group_id, one) for one in change.ids}

    def _any(self, resource_id: str) -> Stored:
        return next(one for one in self.held if one.id == resource_id)


def _light(one: Stored) -> Stored:
    shown: Resource = {
        name: one.values[name] for name in ("displayName", "userName") if name in one.values
    }
    return replace(one, values=shown)


def _location(one: Stored, base: str) -> str:
    return f"{base}/{one.kind}s/{one.id}"
