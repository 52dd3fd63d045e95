"""Where tolerance for a named client's dialect lives, each with its evidence.

Beside the walk. The general code speaks RFC 7644; whatever a client is known
to send beside it is translated here, by a function that says who does it and
how we know. Removing a dialect is removing a function.
"""

from seatkeeper.scim.messages import Json


def boolean_from_text(value: Json) -> Json:
    """Read ``"True"`` and ``"False"`` (any case) as booleans; leave everything else.

    Entra's default PATCH disables with ``"value": "False"``, a string with a
    capital (Microsoft's documentation of its SCIM client, the note on known
    issues of its SCIM 2.0 compliance; the flag ``aadOptscim062020`` repairs it).
    """
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    return value


def reference_from_any_shape(value: Json) -> Json:
    """Return a reference such as ``manager`` as an object with ``value``.

    Entra's documentation sends an array with one object; its recorded traffic
    of 2024 a bare string, in PATCH (Captain-P-Goldfish/SCIM-SDK#686) and in
    POST (apache/directory-scimple#1242). An empty one clears.
    """
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    if isinstance(value, str):
        return {"value": value} if value else None
    if isinstance(value, dict) and value.get("value") == "":
        return None
    return value


def element_from_text(value: Json) -> Json:
    """Return an element of a multi-valued attribute, sent as bare text, as an object.

    Clients remove or add members with ``["id"]`` instead of ``[{"value": "id"}]``;
    Entra's role values are JSON inside such a text and stay text
    (its documentation of ``SingleAppRoleAssignment``).
    """
    return {"value": value} if isinstance(value, str) else value


def elements_from_one(value: Json) -> Json:
    """Return a single element, sent without an array around it, as an array.

    No client in particular: one member or e-mail as a plain object has only one
    meaning, and refusing it would help nobody.
    """
    return value if isinstance(value, list) or value is None else [value]
