"""Where tolerance for a named dialect lives, each with its evidence.

Beside the walk. The general code speaks RFC 7644; whatever a client is known
to send beside it is translated here, by a function that says who does it and
how we know. What an *app* wants otherwise has a name (``Quirk``) that its
gallery file can say. Removing a dialect is removing a function.
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from seatkeeper.scim.messages import Json, Resource


class Quirk(StrEnum):
    """What an app wants to be sent otherwise than the RFC says.

    ``BOOLEANS_AS_TEXT``: ``"True"`` and ``"False"`` instead of booleans.
    ``ROLES_AS_JSON_TEXT``: roles as the reference service sends them.
    ``EMPTY_TEXT_CLEARS``: a replace with an empty text instead of a remove.
    ``SCHEMAS_IN_PATCH``: ``schemas`` is added to when an extension gets a value.
    ``ONLY_CORE_SCHEMA``: ``schemas`` never names an extension.
    """

    BOOLEANS_AS_TEXT = "booleans-as-text"
    ROLES_AS_JSON_TEXT = "roles-as-json-text"
    EMPTY_TEXT_CLEARS = "empty-text-clears"
    SCHEMAS_IN_PATCH = "schemas-in-patch"
    ONLY_CORE_SCHEMA = "only-core-schema"


NO_QUIRKS: Final[frozenset[Quirk]] = frozenset()

_STRAY_DOT: Final = re.compile(r"([\w$:.\-]+)\.(\[)", re.ASCII)


def path_without_stray_dot(text: str) -> str:
    """Read ``emails.[type eq "work"].address`` as if the dot before the bracket were not there.

    The reference's default mappings for Google's directory write it so
    (its tutorial on G Suite provisioning); no SCIM grammar has such a dot.
    """
    return _STRAY_DOT.sub(r"\1\2", text, count=1) if _STRAY_DOT.match(text) else text


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


def text_from_boolean(value: Json) -> Json:
    """Write booleans as ``"True"`` and ``"False"``, for apps that were built on Entra's default.

    Its PATCH without flag sends the value so (see ``boolean_from_text``), and
    apps that only ever met that client refuse a JSON boolean.
    """
    return str(value) if isinstance(value, bool) else value


def roles_as_json_text(operation: Resource, ids: Mapping[str, str]) -> Resource:
    """Write added roles as texts that hold the JSON of ``id``, ``value`` and ``displayName``.

    Entra's PATCH for ``AppRoleAssignmentsComplex`` and ``SingleAppRoleAssignment``
    without the compliance flag (its documentation of customising attribute
    mappings). ``ids`` are the app's role ids by value.
    """
    value = operation.get("value")
    if (operation["op"], operation["path"]) != ("add", "roles") or not isinstance(value, list):
        return operation
    texts: list[Json] = [_role_text(one, ids) for one in value if isinstance(one, dict)]
    return {**operation, "value": texts}


def _role_text(element: Resource, ids: Mapping[str, str]) -> Json:
    value = str(element.get("value", ""))
    named = {"id": ids.get(value, ""), "value": value, "displayName": element.get("display", value)}
    return {"value": json.dumps(named, ensure_ascii=False)}


def roles_with_display_name(body: Resource) -> Resource:
    """Write ``displayName`` for ``display`` in the roles of a new account, as the same client."""
    roles = body.get("roles")
    if not isinstance(roles, list):
        return body
    written: list[Json] = [
        {"displayName" if name == "display" else name: part for name, part in one.items()}
        if isinstance(one, dict)
        else one
        for one in roles
    ]
    return {**body, "roles": written}


def cleared_by_empty_text(operation: Resource) -> Resource:
    """Replace a value by the empty text instead of removing it; list elements are removed.

    Entra's onboarding tests ask apps for exactly this, and some understand nothing else.
    """
    if operation["op"] != "remove" or str(operation["path"]).endswith("]"):
        return operation
    return {"op": "replace", "path": operation["path"], "value": ""}


def schemas_in_patch(operations: Sequence[Resource], extensions: Sequence[str]) -> list[Resource]:
    """Name the extensions that get a value in ``schemas``, first of all.

    RFC 7643 3 leaves ``schemas`` to the client, so an app may refuse an
    attribute whose extension the account does not name yet.
    """
    if not extensions:
        return list(operations)
    return [{"op": "add", "path": "schemas", "value": list(extensions)}, *operations]
