"""Apply a PATCH to a resource (RFC 7644 3.5.2), all of it or nothing, in every dialect we met.

Beside the walk: the service provider's writes, and the law that the
connector's tests hold it to. The resource that comes in is never changed; a
fault anywhere raises ``ScimError`` and nothing has happened. A PATCH that says
what is there already returns the very resource that came in. Departures are
translated in ``translation``; members of groups may be split off first
(``members``), so that a large group is never loaded for one join.
"""

from typing import Final

from seatkeeper.scim import dialect, translation
from seatkeeper.scim.attribute import Attribute, Mutability
from seatkeeper.scim.dialect import PRIMARY_TWICE, TOLERANT, Dialect, Inspection
from seatkeeper.scim.elements import joined, merged, with_one_primary, without
from seatkeeper.scim.errors import NoTarget, NotWritable, TooLarge, UnfitValue
from seatkeeper.scim.fitting import fit_at, fitted_element, is_primary, require_parts
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_empty, key_of, same
from seatkeeper.scim.operation import Operation, read_operations
from seatkeeper.scim.path import described
from seatkeeper.scim.predicate import Predicate, compile_element_filter, size
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath, Filter
from seatkeeper.scim.validation import require
from seatkeeper.scim.writing import held_at, put_at, with_part

MOST_WORK: Final = 500_000
"""Elements looked at by one PATCH, times the conditions asked of each."""


def apply_patch(
    resource: Resource,
    body: Json,
    schema: ResourceSchema,
    spoken: Dialect = TOLERANT,
) -> Resource:
    """Return the resource as the PatchOp message leaves it; itself if nothing differs."""
    inspection = Inspection(spoken)
    return apply_operations(resource, read_operations(body, schema, inspection), schema, inspection)


def apply_operations(
    resource: Resource,
    operations: tuple[Operation, ...],
    schema: ResourceSchema,
    inspection: Inspection | None = None,
) -> Resource:
    """Return the resource after ``operations``; a required attribute must be left with a value."""
    patching = _Patching(schema, inspection or Inspection())
    after = resource
    for operation in operations:
        after = patching.applied(after, operation)
    require(after, schema)
    return resource if same(after, resource) else after


class _Patching:
    """One PATCH under way: its schema, its inspection, and the work it may still cost."""

    def __init__(self, schema: ResourceSchema, inspection: Inspection) -> None:
        self._schema = schema
        self._seen = inspection
        self._work = 0

    def applied(self, resource: Resource, operation: Operation) -> Resource:
        """Return the resource after one operation."""
        self._seen.place = operation.place
        path = operation.path
        if not path.name:
            return self._on_extension(resource, operation)
        attribute = self._schema.attribute(path)
        if self._is_read_only(path, attribute):
            return resource
        before = held_at(resource, path)
        if operation.op == "remove":
            now = self._removed(before, operation, attribute)
        else:
            now = self._written(before, operation, attribute)
        now = self._in_shape(now, path, attribute)
        self._hold_immutable(before, now, path, attribute)
        now = with_one_primary(before, now, path.name, self._seen)
        return put_at(resource, AttributePath(path.schema, path.name), now)

    def _in_shape(self, now: Json, path: AttributePath, attribute: Attribute | None) -> Json:
        """Return what an operation left as its attribute holds it; a filter leaves a list."""
        if attribute is None:
            return now
        if isinstance(now, list) and not attribute.multi_valued:
            if len(now) > 1:
                raise NoTarget(f"{path.name} has one value, and the filter does not meet it.")
            now = now[0] if now else None
        require_parts(now, attribute, path.dotted)
        return now

    def _on_extension(self, resource: Resource, operation: Operation) -> Resource:
        path, value = operation.path, operation.value
        if operation.op == "remove" or (operation.op == "replace" and is_empty(value)):
            held = held_at(resource, path)
            for name in list(held) if isinstance(held, dict) else ():
                inner = Operation("remove", self._inside(path, name), None, operation.place)
                resource = self.applied(resource, inner)
            return resource
        if is_empty(value):
            return resource
        if not isinstance(value, dict):
            raise UnfitValue("An extension's value must be an object.")
        for name, part in value.items():
            inner = Operation(operation.op, self._inside(path, name), part, operation.place)
            resource = self.applied(resource, inner)
        return resource

    def _inside(self, path: AttributePath, name: str) -> AttributePath:
        return self._schema.spelt(AttributePath(path.schema, name), self._seen)

    # --- what may be written ---

    def _is_read_only(self, path: AttributePath, attribute: Attribute | None) -> bool:
        part = attribute.part(path.sub) if attribute is not None and path.sub else None
        if not any(one is not None and one.is_read_only for one in (attribute, part)):
            return False
        self._seen.tolerate(dialect.READ_ONLY_WRITTEN, path.dotted)
        return True

    def _hold_immutable(
        self, before: Json, now: Json, path: AttributePath, attribute: Attribute | None
    ) -> None:
        """Refuse another value where one was set for good (RFC 7643 7, immutable)."""
        if attribute is None or before is None:
            return
        if attribute.mutability is Mutability.IMMUTABLE and not same(before, now):
            raise NotWritable(f"{path.dotted} was set once and stays as it is.")
        if not isinstance(before, dict):
            return
        for part in attribute.sub:
            if part.mutability is not Mutability.IMMUTABLE or isinstance(now, list):
                continue
            held = get(before, part.name)
            given = get(now, part.name) if isinstance(now, dict) else None
            if held is not None and now is not None and not same(held, given):
                raise NotWritable(f"{path.name}.{part.name} was set once and stays as it is.")

    def _refuse_immutable_part(self, path: AttributePath, attribute: Attribute | None) -> None:
        part = attribute.part(path.sub) if attribute is not None and path.sub else None
        if part is not None and part.mutability is Mutability.IMMUTABLE:
            raise NotWritable(f"{path.dotted} is set with its value and stays as it is.")

    def _refuse_required(self, path: AttributePath, attribute: Attribute | None) -> None:
        """A required attribute is replaced, never removed (RFC 7644 3.5.2.2)."""
        if attribute is None:
            return
        part = attribute.part(path.sub) if path.sub else None
        whole = attribute.required and path.sub is None and path.where is None
        if whole or (part is not None and part.required):
            raise NotWritable(f"{path.dotted} is required and cannot be removed.")

    # --- add and replace ---

    def _written(self, before: Json, operation: Operation, attribute: Attribute | None) -> Json:
        path = operation.path
        value = fit_at(path, operation.value, self._schema, self._seen)
        if is_empty(value):
            # "Replace with empty" is how several clients clear; adding nothing adds nothing.
            if operation.op == "add":
                return before
            return self._cleared(before, path, attribute)
        if path.where is not None:
            return self._written_where(before, operation.op, path, path.where, value)
        if path.sub is not None:
            return self._written_part(before, path, path.sub, value, attribute)
        if operation.op == "add" and isinstance(value, list):
            held = _listed(before)
            self._spend(len(held))
            return self._joined(held, value, attribute)
        merges = attribute is None or not attribute.is_reference
        if isinstance(value, dict) and isinstance(before, dict) and merges:
            return {**before, **{key_of(before, name) or name: value[name] for name in value}}
        return value

    def _cleared(self, before: Json, path: AttributePath, attribute: Attribute | None) -> Json:
        """Return what is left after a replace with nothing; clearing nothing is no fault."""
        if path.where is not None:
            elements, meets = self._elements(before, path, path.where)
            if not any(_meets(one, meets) for one in elements):
                self._seen.tolerate(dialect.CREATED_BY_FILTER, path.dotted)
                return before
        return self._removed(before, Operation("remove", path, None), attribute)

    def _joined(self, held: list[Json], value: list[Json], attribute: Attribute | None) -> Json:
        if sum(is_primary(one) for one in value) > 1:
            self._seen.tolerate(PRIMARY_TWICE, attribute.name if attribute else "")
        return joined(held, value, attribute)

    def _written_part(
        self,
        before: Json,
        path: AttributePath,
        sub: str,
        value: Json,
        attribute: Attribute | None,
    ) -> Json:
        several = isinstance(before, list) or (attribute is not None and attribute.multi_valued)
        if not several:
            return with_part(before if isinstance(before, dict) else {}, sub, value)
        if not isinstance(before, list) or not before:
            return [{sub: value}]
        self._refuse_immutable_part(path, attribute)
        self._spend(len(before))
        return [with_part(one, sub, value) if isinstance(one, dict) else one for one in before]

    def _written_where(
        self, before: Json, op: str, path: AttributePath, where: Filter, value: Json
    ) -> Json:
        attribute = self._schema.attribute(path)
        elements, meets = self._elements(before, path, where)
        chosen = [at for at, one in enumerate(elements) if _meets(one, meets)]
        if not chosen:
            return [*elements, self._created(path, where, value, attribute)]
        self._refuse_immutable_part(path, attribute)
        for at in chosen:
            one = elements[at]
            held = one if isinstance(one, dict) else {}
            if op == "replace" and path.sub is None:
                # The whole element is replaced; what the filter says of it still holds.
                held = self._as_described(where, attribute, path)
            elements[at] = _filled_in(held, path.sub, value)
        return elements

    def _created(
        self, path: AttributePath, where: Filter, value: Json, attribute: Attribute | None
    ) -> Json:
        element = described(where)
        if element is None:
            raise NoTarget(f"No value meets the filter of {path.name}.")
        self._seen.tolerate(dialect.CREATED_BY_FILTER, path.dotted)
        made = _filled_in(self._as_described(where, attribute, path), path.sub, value)
        if attribute is None:
            return made
        return fitted_element(made, attribute, path.name, self._seen)

    def _as_described(
        self, where: Filter, attribute: Attribute | None, path: AttributePath
    ) -> Resource:
        element = described(where) or {}
        if attribute is None or not element:
            return element
        fit = fitted_element(element, attribute, path.name, self._seen)
        return fit if isinstance(fit, dict) else {}

    def _elements(
        self, before: Json, path: AttributePath, where: Filter
    ) -> tuple[list[Json], Predicate]:
        elements = _listed(before)
        self._spend(len(elements) * size(where))
        attribute = self._schema.attribute(path)
        return elements, compile_element_filter(where, attribute, path.name, self._seen)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST_WORK:
            raise TooLarge("This PATCH looks at too many values; send it in parts.")

    # --- remove ---

    def _removed(self, before: Json, operation: Operation, attribute: Attribute | None) -> Json:
        path, value = operation.path, operation.value
        self._refuse_required(path, attribute)
        if path.where is not None:
            return self._removed_where(before, path, path.where)
        self._refuse_immutable_part(path, attribute)
        if path.sub is not None:
            if not isinstance(before, list):
                return _part_without(before, path.sub)
            self._spend(len(before))
            kept = [_part_without(one, path.sub) for one in before]
            return [one for one in kept if one is not None]
        if is_empty(value):
            return None
        self._seen.tolerate(dialect.REMOVE_WITH_VALUE, path.dotted)
        if not isinstance(before, list):
            return None
        self._spend(len(before))
        listed = translation.elements(value, path.dotted, self._seen)
        if attribute is None or attribute.sub:
            listed = [translation.element(one, path.dotted, self._seen) for one in listed]
        return without(before, listed, attribute)

    def _removed_where(self, before: Json, path: AttributePath, where: Filter) -> Json:
        elements, meets = self._elements(before, path, where)
        chosen = [_meets(one, meets) for one in elements]
        if not any(chosen):
            raise NoTarget(f"No value meets the filter of {path.name}.")
        if path.sub is None:
            return [one for one, met in zip(elements, chosen, strict=True) if not met]
        self._refuse_immutable_part(path, self._schema.attribute(path))
        kept = [
            _part_without(one, path.sub) if met else one
            for one, met in zip(elements, chosen, strict=True)
        ]
        return [one for one in kept if one is not None]


def _listed(value: Json) -> list[Json]:
    if isinstance(value, list):
        return list(value)
    return [] if value is None else [value]


def _meets(one: Json, meets: Predicate) -> bool:
    return isinstance(one, dict) and meets(one)


def _filled_in(element: Resource, sub: str | None, value: Json) -> Json:
    if sub is not None:
        return with_part(element, sub, value)
    return merged(element, value if isinstance(value, dict) else {"value": value})


def _part_without(one: Json, sub: str) -> Json:
    """Return an element without one part; one that only says its type holds nothing any more."""
    if not isinstance(one, dict):
        return one
    rest = with_part(one, sub, None)
    return None if {key.casefold() for key in rest} <= {"type", "primary"} else rest


__all__ = [
    "MOST_WORK",
    "Operation",
    "apply_operations",
    "apply_patch",
    "read_operations",
]
