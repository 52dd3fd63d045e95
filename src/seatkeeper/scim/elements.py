"""Join and part the elements of one multi-valued attribute (RFC 7643 2.4, RFC 7644 3.5.2).

Beside the walk; what ``patch`` does inside a list. Two elements are one value
when value and type agree, and a type left out agrees with any. Work is
linear: elements are found by their value, not by comparing each with each.
"""

from collections.abc import Sequence

from seatkeeper.scim.attribute import Attribute
from seatkeeper.scim.dialect import PRIMARY_TWICE, Inspection
from seatkeeper.scim.fitting import is_primary
from seatkeeper.scim.messages import Json
from seatkeeper.scim.names import fold, get, identity


class Index:
    """Where in a list each value stands, by value and type."""

    def __init__(self, elements: Sequence[Json], attribute: Attribute | None) -> None:
        self._exact = _is_exact(attribute)
        self._by_value: dict[object, dict[object, int]] = {}
        for at, one in enumerate(elements):
            self.note(one, at)

    def note(self, element: Json, at: int) -> None:
        """Remember that ``element`` stands at ``at``; the first of equals stays."""
        value, kind = self._key(element)
        self._by_value.setdefault(value, {}).setdefault(kind, at)

    def find(self, element: Json) -> int | None:
        """Return where the element that is the same value stands, or none."""
        value, kind = self._key(element)
        kinds = self._by_value.get(value)
        if kinds is None:
            return None
        if kind is None:
            return next(iter(kinds.values()))
        return kinds.get(kind, kinds.get(None))

    def _key(self, element: Json) -> tuple[object, object]:
        if not isinstance(element, dict):
            return identity(self._folded(element)), None
        value = get(element, "value")
        if value is None:
            return identity(element), None
        kind = get(element, "type")
        return (
            ("value", identity(self._folded(value))),
            identity(fold(kind) if isinstance(kind, str) else kind) if kind is not None else None,
        )

    def _folded(self, value: Json) -> Json:
        return fold(value) if isinstance(value, str) and not self._exact else value


def _is_exact(attribute: Attribute | None) -> bool:
    if attribute is None:
        return True
    leaf = attribute.part("value") or attribute
    return leaf.case_exact


def joined(held: Sequence[Json], added: Sequence[Json], attribute: Attribute | None) -> list[Json]:
    """Return the elements after an add: what is there is brought up to date, the rest appended."""
    elements = list(held)
    index = Index(elements, attribute)
    for one in added:
        at = index.find(one)
        if at is None:
            index.note(one, len(elements))
            elements.append(one)
        else:
            elements[at] = merged(elements[at], one)
    return elements


def without(held: Sequence[Json], gone: Sequence[Json], attribute: Attribute | None) -> list[Json]:
    """Return the elements that are not the same value as one of ``gone``."""
    index = Index(gone, attribute)
    return [one for one in held if index.find(one) is None]


def merged(held: Json, added: Json) -> Json:
    """Return an element with the parts of another over its own."""
    return {**held, **added} if isinstance(held, dict) and isinstance(added, dict) else added


def with_one_primary(before: Json, after: Json, label: str, inspection: Inspection) -> Json:
    """Keep ``primary`` true on one element, the one just marked (RFC 7644 3.5.2)."""
    if not isinstance(after, list) or sum(is_primary(one) for one in after) < 2:
        return after
    earlier = {identity(one) for one in before} if isinstance(before, list) else set()
    fresh = [one for one in after if is_primary(one) and identity(one) not in earlier]
    if len(fresh) > 1:
        inspection.tolerate(PRIMARY_TWICE, label)
    chosen = fresh[0] if fresh else next(one for one in after if is_primary(one))
    return [_demoted(one) if one is not chosen else one for one in after]


def _demoted(element: Json) -> Json:
    if isinstance(element, dict) and is_primary(element):
        return {**element, "primary": False}
    return element
