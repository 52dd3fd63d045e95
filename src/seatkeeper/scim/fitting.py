"""Bring one value into the shape that its attribute takes, or refuse it (RFC 7643 2.3, 2.4, 2.5).

Beside the walk. Names come out in the schema's spelling, empty values come out
as absent, read-only parts are left out. Texts stay as they were sent: nobody's
telephone number is reformatted here. Departures go through ``translation``.
"""

import re
from typing import Final

from seatkeeper.scim import dialect, translation
from seatkeeper.scim.attribute import Attribute, Type
from seatkeeper.scim.comparison import moment
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import fold, get, is_empty
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\s]*={0,2}\s*", re.ASCII)


def fit_at(
    path: AttributePath, value: Json, schema: ResourceSchema, inspection: Inspection
) -> Json:
    """Return ``value`` as the attribute or sub-attribute at the end of ``path`` takes it.

    It may be a part of what is there already, so required parts are not asked
    for; see ``require_parts``.
    """
    attribute = schema.attribute(path)
    if attribute is None:
        return translation.nothing(value, path.dotted, inspection)
    if path.sub:
        return fitted(value, attribute.part(path.sub), path.dotted, inspection)
    if path.where is not None and attribute.multi_valued:
        return fitted_element(value, attribute, path.dotted, inspection)
    return _fitted(value, attribute, path.dotted, inspection)


def fitted(value: Json, attribute: Attribute | None, label: str, inspection: Inspection) -> Json:
    """Return a whole ``value`` in the attribute's own shape, or raise ``UnfitValue``."""
    found = _fitted(value, attribute, label, inspection)
    require_parts(found, attribute, label)
    return found


def require_parts(value: Json, attribute: Attribute | None, label: str) -> None:
    """Refuse an object, or an element, that lacks a sub-attribute which is required."""
    if attribute is None or not attribute.required_parts:
        return
    values = value if isinstance(value, list) else [value]
    for one in [one for one in values if isinstance(one, dict)]:
        for part in attribute.required_parts:
            if is_empty(get(one, part.name)):
                raise UnfitValue(f"{label[:200]}.{part.name} is required.")


def _fitted(value: Json, attribute: Attribute | None, label: str, inspection: Inspection) -> Json:
    if isinstance(value, str) and value and attribute is not None and attribute.takes_any_text:
        return value
    value = translation.nothing(value, label, inspection)
    if attribute is None or value is None:
        return value
    if attribute.multi_valued:
        listed = translation.elements(value, label, inspection)
        found = [_element(one, attribute, label, inspection) for one in listed]
        kept = [one for one in found if not is_empty(one)]
        refuse_two_primaries(kept, label, inspection)
        return kept
    if attribute.is_reference:
        value = translation.reference(value, label, inspection)
    elif attribute.type is not Type.COMPLEX:
        value = translation.unboxed(value, label, inspection)
    return None if value is None else _one(value, attribute, label, inspection)


def fitted_element(value: Json, attribute: Attribute, label: str, inspection: Inspection) -> Json:
    """Return one element of a multi-valued attribute; a list with one element is that one."""
    value = translation.nothing(value, label, inspection)
    if isinstance(value, list) and len(value) == 1:
        inspection.tolerate(dialect.BOXED_VALUE, label)
        value = value[0]
    return None if value is None else _element(value, attribute, label, inspection)


def refuse_two_primaries(elements: list[Json], label: str, inspection: Inspection) -> None:
    """Refuse a list in which two values are the primary one (RFC 7643 2.4)."""
    if sum(is_primary(one) for one in elements) > 1:
        inspection.tolerate(dialect.PRIMARY_TWICE, label)


def is_primary(element: Json) -> bool:
    """Say whether an element of a multi-valued attribute is marked as the primary one."""
    return isinstance(element, dict) and element.get("primary") is True


def _element(value: Json, attribute: Attribute, label: str, inspection: Inspection) -> Json:
    if attribute.type is Type.COMPLEX:
        value = translation.element(value, label, inspection)
        value = translation.element_from_json(value, label, inspection)
    elif isinstance(value, dict):
        value = get(value, "value")
    return _one(value, attribute, label, inspection)


def _one(value: Json, attribute: Attribute, label: str, inspection: Inspection) -> Json:
    match attribute.type:
        case Type.COMPLEX:
            return _object(value, attribute, label, inspection)
        case Type.BOOLEAN:
            value = translation.boolean(value, label, inspection)
            if not isinstance(value, bool):
                raise _misfit(label, "true or false")
        case Type.INTEGER:
            if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
                raise _misfit(label, "a whole number of 64 bits at most")
        case Type.DECIMAL:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _misfit(label, "a number")
        case _:
            _check_text(value, attribute, label, inspection)
    return value


def _check_text(value: Json, attribute: Attribute, label: str, inspection: Inspection) -> None:
    if not isinstance(value, str):
        raise _misfit(label, "text")
    if attribute.type is Type.DATE_TIME and moment(value) is None:
        raise _misfit(label, "a date and time such as 2026-01-31T08:00:00Z")
    if attribute.type is Type.BINARY and not _BASE64.fullmatch(value):
        raise _misfit(label, "base64")
    if attribute.canonical and fold(value) not in map(fold, attribute.canonical):
        usual = ", ".join(attribute.canonical)
        if attribute.only_canonical:
            raise _misfit(label, f"one of: {usual}")
        inspection.advise("RFC 7643 2.4", label, f"Usual values are: {usual}.")


def _object(value: Json, attribute: Attribute, label: str, inspection: Inspection) -> Json:
    if not isinstance(value, dict):
        raise _misfit(label, "an object")
    found: Resource = {}
    for key, part in value.items():
        known = attribute.part(key)
        name = known.name if known is not None else key
        if known is None:
            inspection.tolerate(dialect.UNKNOWN_ATTRIBUTE, f"{label}.{name}")
        elif known.is_read_only and not attribute.is_read_only:
            continue
        fit = _fitted(part, known, f"{label}.{name}", inspection)
        if not is_empty(fit):
            found[name] = fit
    return found


def _misfit(label: str, wanted: str) -> UnfitValue:
    return UnfitValue(f"{label[:200]} must be {wanted}.")
