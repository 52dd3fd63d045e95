"""Compile a filter into a predicate over resources (RFC 7644 3.4.2.2).

Beside the walk. What can be decided once, is: names are resolved, case rules
and types looked up, texts folded; a list then costs one call per resource.
With a schema the filter is checked too: nobody may ask for a hidden attribute
(RFC 7644 7.5.2), booleans have no order, and what the schema does not know
matches nothing, or is refused by a strict dialect. Which part of a filter an
index could answer is the store's business; it reads the same tree.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from seatkeeper.scim import dialect
from seatkeeper.scim.attribute import Attribute, Type
from seatkeeper.scim.comparison import ORDERED, TEXTUAL, Test, moment, test_of
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidFilter
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_core
from seatkeeper.scim.quirks import boolean_from_text
from seatkeeper.scim.syntax import (
    And,
    AttributePath,
    Filter,
    HasElement,
    Not,
    Operator,
    Or,
    Present,
    Scalar,
)

Predicate: TypeAlias = Callable[[Resource], bool]
_Reach: TypeAlias = Callable[[Resource], list[Json]]
_EXACT: Final = {"id", "externalid", "members.value", "groups.value", "manager.value"}
_NUMBERS: Final = (Type.INTEGER, Type.DECIMAL)


class KnownAttributes(Protocol):
    """What a filter asks a schema: the attribute that a path stands on."""

    def attribute(self, path: AttributePath) -> Attribute | None:
        """Return the attribute that ``path`` stands on, without its sub-attribute, or none."""


class _Scope:
    """Where names are looked up: in a schema, or in one attribute's parts inside brackets."""

    def __init__(
        self,
        known: KnownAttributes | None,
        parent: Attribute | None,
        label: str,
        inspection: Inspection,
    ) -> None:
        self._known = known
        self._parent = parent
        self._label = label
        self.inspection = inspection

    @property
    def is_typed(self) -> bool:
        """Say whether there is a schema to hold the filter to."""
        return self._known is not None or self._parent is not None

    def attribute(self, path: AttributePath) -> Attribute | None:
        """Return the attribute that a path stands on."""
        if self._parent is not None:
            return self._parent.part(path.name)
        return None if self._known is None else self._known.attribute(path)

    def inside(self, path: AttributePath) -> "_Scope":
        """Return the scope of the brackets of ``path``."""
        return _Scope(None, self.attribute(path), path.name, self.inspection)

    def dotted(self, path: AttributePath) -> str:
        """Return the whole name, the brackets' attribute in front."""
        return f"{self._label}.{path.dotted}" if self._label else path.dotted


def compile_filter(
    tree: Filter, known: KnownAttributes | None = None, inspection: Inspection | None = None
) -> Predicate:
    """Return the predicate that the filter is. Raises ``InvalidFilter`` for what it may not ask."""
    return _compiled(tree, _Scope(known, None, "", inspection or Inspection()))


def compile_element_filter(
    tree: Filter, attribute: Attribute | None, label: str, inspection: Inspection
) -> Predicate:
    """Return the predicate over elements of one attribute, as brackets in a path have it."""
    return _compiled(tree, _Scope(None, attribute, label, inspection))


def is_core_exact(name: str) -> bool:
    """Say whether ``name`` is compared with case where no schema says so: ids and references."""
    folded = name.casefold()
    if folded.removesuffix(".value") in _EXACT:  # the value of a simple attribute is itself
        return True
    return folded.startswith("meta.") or folded.endswith("$ref")


def size(tree: Filter) -> int:
    """Return how many conditions a filter asks, for budgets of work."""
    match tree:
        case And(parts) | Or(parts):
            return sum(map(size, parts))
        case Not(part):
            return size(part)
        case _:
            where = tree.path.where
            return 1 if where is None else 1 + size(where)


def _compiled(tree: Filter, scope: _Scope) -> Predicate:
    match tree:
        case And(parts):
            every = tuple(_compiled(part, scope) for part in parts)
            return lambda resource: all(one(resource) for one in every)
        case Or(parts):
            some = tuple(_compiled(part, scope) for part in parts)
            return lambda resource: any(one(resource) for one in some)
        case Not(part):
            inner = _compiled(part, scope)
            return lambda resource: not inner(resource)
        case Present(path):
            return _present(path, scope)
        case HasElement(path):
            reach = _reach(path, scope, None)
            return lambda resource: bool(reach(resource))
        case _:
            return _compared(tree.path, tree.op, tree.value, scope)


def _present(path: AttributePath, scope: _Scope) -> Predicate:
    leaf = _leaf(path, scope)
    if scope.is_typed and leaf is None:
        scope.inspection.tolerate(dialect.FILTER_UNKNOWN, scope.dotted(path))
    reach = _reach(path, scope, path.sub)
    return lambda resource: any(_is_filled(value) for value in reach(resource))


def _compared(path: AttributePath, op: Operator, wanted: Scalar, scope: _Scope) -> Predicate:
    leaf, sub = _leaf(path, scope), path.sub
    if leaf is not None and leaf.type is Type.COMPLEX and wanted is not None:
        inner = leaf.part("value") if sub is None else None
        if inner is None:
            scope.inspection.tolerate(dialect.FILTER_MISFIT, scope.dotted(path))
        else:
            leaf, sub = inner, inner.name
    _check(path, op, wanted, leaf, scope)
    reach = _reach(path, scope, sub)
    if wanted is None:
        # Null asks for absence: eq null is "has no value".
        absent = op is Operator.EQ
        return lambda resource: any(map(_is_there, reach(resource))) is not absent
    exact = leaf.case_exact if leaf is not None else is_core_exact(scope.dotted(path))
    kind = leaf.type if leaf is not None and leaf.type is not Type.COMPLEX else None
    if op is Operator.NE:
        equal = test_of(Operator.EQ, wanted, kind, exact=exact)
        return lambda resource: not any(equal(_plain(value)) for value in reach(resource))
    return _any_of(test_of(op, wanted, kind, exact=exact), reach)


def _any_of(test: Test, reach: _Reach) -> Predicate:
    return lambda resource: any(test(_plain(value)) for value in reach(resource))


def _leaf(path: AttributePath, scope: _Scope) -> Attribute | None:
    """Return the attribute whose values are compared; refuse one that nobody may ask for."""
    attribute = scope.attribute(path)
    leaf = attribute.part(path.sub) if attribute is not None and path.sub else attribute
    if any(one is not None and one.is_hidden for one in (attribute, leaf)):
        raise InvalidFilter(f"A filter cannot ask for {path.name}.")
    return leaf


def _check(
    path: AttributePath, op: Operator, wanted: Scalar, leaf: Attribute | None, scope: _Scope
) -> None:
    if leaf is None:
        if scope.is_typed:
            scope.inspection.tolerate(dialect.FILTER_UNKNOWN, scope.dotted(path))
        return
    if leaf.type in (Type.BOOLEAN, Type.BINARY) and op in ORDERED:
        raise InvalidFilter(f"{path.dotted[:200]} has no order, so {op} cannot be asked of it.")
    if wanted is None or leaf.type is Type.COMPLEX:
        return
    if leaf.type is Type.BOOLEAN and isinstance(wanted, str) and op not in TEXTUAL:
        known = isinstance(boolean_from_text(wanted), bool)
        quirk = dialect.STRING_BOOLEAN if known else dialect.FILTER_MISFIT
        scope.inspection.tolerate(quirk, scope.dotted(path))
    elif not _fits(wanted, leaf.type, op):
        scope.inspection.tolerate(dialect.FILTER_MISFIT, scope.dotted(path))


def _fits(wanted: Scalar, kind: Type, op: Operator) -> bool:
    if kind is Type.BOOLEAN:
        return isinstance(wanted, bool)
    if kind in _NUMBERS:
        return isinstance(wanted, int | float) and not isinstance(wanted, bool)
    if kind is Type.DATE_TIME and op not in TEXTUAL:
        return isinstance(wanted, str) and moment(wanted) is not None
    return isinstance(wanted, str)


def _reach(path: AttributePath, scope: _Scope, sub: str | None) -> _Reach:
    """Return what lists the values that the path reaches in a resource or element."""
    held = _holder(path)
    if path.where is not None:
        held = _chosen(held, _compiled(path.where, scope.inside(path)))
    if sub is None:
        return held
    name = sub

    def parts(resource: Resource) -> list[Json]:
        found: list[Json] = []
        for one in held(resource):
            if isinstance(one, dict):
                value = get(one, name)
                found.extend(value if isinstance(value, list) else [value])
            else:
                # "emails.value" of an app that lists plain texts.
                found.append(one if name.casefold() == "value" else None)
        return found

    return parts


def _holder(path: AttributePath) -> _Reach:
    name, urn = path.name, path.schema
    if urn is None or is_core(urn):
        return lambda resource: _listed(get(resource, name))
    schema = urn

    def inside(resource: Resource) -> list[Json]:
        extension = get(resource, schema)
        if not name:
            return _listed(extension)
        return _listed(get(extension, name)) if isinstance(extension, dict) else []

    return inside


def _chosen(held: _Reach, meets: Predicate) -> _Reach:
    return lambda resource: [one for one in held(resource) if isinstance(one, dict) and meets(one)]


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_there(value: Json) -> bool:
    if isinstance(value, dict):
        return any(part is not None for part in value.values())
    return value is not None


def _is_filled(value: Json) -> bool:
    if isinstance(value, dict):
        return any(_is_filled(part) for part in value.values())
    return value is not None and value != "" and value != []


def _plain(value: Json) -> Scalar:
    if isinstance(value, dict):
        value = get(value, "value")
    return None if isinstance(value, dict | list) else value
