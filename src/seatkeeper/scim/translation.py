"""What each departure of a client means in the RFC's own terms, one function each.

Beside the walk. A function gets a value as it was sent and returns it as the
RFC would have it; where they differ it tells the ``Inspection``, which notes
it or refuses it. Who sends what, and how we know, stands in ``dialect``.
"""

import json

from seatkeeper.scim import dialect, quirks
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.messages import Json
from seatkeeper.scim.names import get


def op(value: str, inspection: Inspection) -> str:
    """Return ``Add`` as ``add``."""
    folded = value.casefold()
    if folded != value:
        inspection.tolerate(dialect.OP_CASE, "op")
    return folded


def boolean(value: Json, where: str, inspection: Inspection) -> Json:
    """Return ``"True"`` as true; leave what is neither."""
    read = quirks.boolean_from_text(value)
    if isinstance(value, str) and isinstance(read, bool):
        inspection.tolerate(dialect.STRING_BOOLEAN, where)
    return read


def reference(value: Json, where: str, inspection: Inspection) -> Json:
    """Return a bare id, or a list with one object, as an object with ``value``; empty is none."""
    if isinstance(value, list):
        inspection.tolerate(dialect.REFERENCE_LIST, where)
        inner: Json = value[0] if len(value) == 1 else None
    else:
        inner = value
    if isinstance(inner, str):
        inspection.tolerate(dialect.REFERENCE_TEXT, where)
    return quirks.reference_from_any_shape(value)


def unboxed(value: Json, where: str, inspection: Inspection) -> Json:
    """Return ``[{"value": "x"}]`` and ``["x"]`` as ``"x"``, for an attribute with one value."""
    if not isinstance(value, list) or len(value) != 1:
        return value
    inner = value[0]
    if isinstance(inner, dict):
        inner = get(inner, "value")
    inspection.tolerate(dialect.BOXED_VALUE, where)
    return inner


def elements(value: Json, where: str, inspection: Inspection) -> list[Json]:
    """Return the elements of a multi-valued attribute; one alone is a list of one."""
    if not isinstance(value, list):
        inspection.tolerate(dialect.SINGLE_ELEMENT, where)
        return [value]
    if any(one is None for one in value):
        inspection.tolerate(dialect.NULL_ELEMENT, where)
        return [one for one in value if one is not None]
    return value


def element(value: Json, where: str, inspection: Inspection) -> Json:
    """Return an element sent as bare text as an object with ``value``."""
    if isinstance(value, str):
        inspection.tolerate(dialect.BARE_ELEMENT, where)
    return quirks.element_from_text(value)


def element_from_json(value: Json, where: str, inspection: Inspection) -> Json:
    """Return an element whose ``value`` is JSON in a text as what that JSON says.

    Only where the app's dialect asks for it. ``displayName`` becomes
    ``display``, ``id`` is left out: it is the client's own. A text that is no
    object stays what it is.
    """
    text = value.get("value") if isinstance(value, dict) else None
    if not inspection.understands(dialect.JSON_IN_TEXT) or not isinstance(text, str):
        return value
    try:
        inner = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return value
    if not isinstance(inner, dict) or not isinstance(inner.get("value"), str):
        return value
    inspection.tolerate(dialect.JSON_IN_TEXT, where)
    display = inner.get("displayName")
    told = {"display": display} if isinstance(display, str) else {}
    return {**(value if isinstance(value, dict) else {}), **told, "value": inner["value"]}


def nothing(value: Json, where: str, inspection: Inspection) -> Json:
    """Return an empty text as null."""
    if value == "" and isinstance(value, str):
        inspection.tolerate(dialect.EMPTY_TEXT, where)
        return None
    return value
