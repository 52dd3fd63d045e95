"""Schemas as ``/Schemas`` shows them, both ways (RFC 7643 7; RFC 7644 4).

Beside the walk. The service provider renders its own; the connector reads
those of an app, as they are: characteristics that are left out or misspelt
take the RFC's defaults (RFC 7643 2.2), and what cannot be read is noted, not
fatal, because apps are careless here.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

from seatkeeper.scim.attribute import Attribute, Mutability, Returned, Type, Uniqueness
from seatkeeper.scim.common import EXTERNAL_ID, ID
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidSyntax
from seatkeeper.scim.messages import SCHEMA, Json, Resource
from seatkeeper.scim.names import get
from seatkeeper.scim.schema import Schema

MOST_ATTRIBUTES: Final = 1_000
_RULE: Final = "RFC 7643 7"
# The schema of schemas has the deepest attributes there are: sub-attributes' characteristics.
_LEVELS: Final = 3
_Word = TypeVar("_Word", bound=StrEnum)


def schema_body(schema: Schema, *, with_common: bool = False) -> Resource:
    """Return the schema as ``/Schemas`` shows it.

    ``with_common`` lists ``id`` and ``externalId`` too, which belong to every
    resource: some clients map only what a schema lists.
    """
    common = (ID, EXTERNAL_ID) if with_common else ()
    return {
        "schemas": [SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_attribute_body(one) for one in (*common, *schema.attributes)],
    }


def _attribute_body(attribute: Attribute) -> Resource:
    body: Resource = {
        "name": attribute.name,
        "type": str(attribute.type),
        "multiValued": attribute.multi_valued,
        "description": attribute.description or attribute.name,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": str(attribute.mutability),
        "returned": str(attribute.returned),
        "uniqueness": str(attribute.uniqueness),
    }
    if attribute.canonical:
        body["canonicalValues"] = list(attribute.canonical)
    if attribute.references:
        body["referenceTypes"] = list(attribute.references)
    if attribute.sub:
        body["subAttributes"] = [_attribute_body(one) for one in attribute.sub]
    return body


def read_schemas(body: Json, inspection: Inspection | None = None) -> tuple[Schema, ...]:
    """Return the schemas of another service: a ListResponse, a bare list, or one schema.

    Raises ``InvalidSyntax`` where nothing of the kind came.
    """
    inspection = inspection or Inspection()
    listed = get(body, "Resources") if isinstance(body, dict) else body
    if isinstance(body, dict) and listed is None:
        listed = [body] if get(body, "id") is not None else []
    if not isinstance(listed, list):
        raise InvalidSyntax("The answer lists no schemas.")
    found = [_schema(one, inspection) for one in listed]
    return tuple(one for one in found if one is not None)


def _schema(body: Json, inspection: Inspection) -> Schema | None:
    urn = get(body, "id") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(urn, str) or not urn:
        inspection.advise(_RULE, "id", "A schema without an id was left out.")
        return None
    inspection.place = urn[:200]
    attributes = _attributes(get(body, "attributes"), inspection, levels=_LEVELS)
    return Schema(urn, _text(body, "name") or urn, _text(body, "description"), attributes)


def _attributes(listed: Json, inspection: Inspection, *, levels: int) -> tuple[Attribute, ...]:
    if not isinstance(listed, list) or not levels:
        return ()
    if len(listed) > MOST_ATTRIBUTES:
        inspection.advise(_RULE, "attributes", f"Only the first {MOST_ATTRIBUTES} were read.")
    found: dict[str, Attribute] = {}
    for body in listed[:MOST_ATTRIBUTES]:
        name = get(body, "name") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(name, str) or not name:
            inspection.advise(_RULE, "attributes", "An attribute without a name was left out.")
            continue
        found.setdefault(name.casefold(), _attribute(name, body, inspection, levels=levels))
    return tuple(found.values())


def _attribute(name: str, body: Resource, inspection: Inspection, *, levels: int) -> Attribute:
    sub = _attributes(get(body, "subAttributes"), inspection, levels=levels - 1)
    kind = _word(Type, body, "type", Type.COMPLEX if sub else Type.STRING, inspection)
    return Attribute(
        name,
        kind,
        multi_valued=_truth(body, "multiValued"),
        required=_truth(body, "required"),
        case_exact=_truth(body, "caseExact"),
        mutability=_word(Mutability, body, "mutability", Mutability.READ_WRITE, inspection),
        returned=_word(Returned, body, "returned", Returned.DEFAULT, inspection),
        uniqueness=_word(Uniqueness, body, "uniqueness", Uniqueness.NONE, inspection),
        canonical=_words(body, "canonicalValues"),
        references=_words(body, "referenceTypes"),
        sub=sub,
        description=_text(body, "description"),
    )


def _word(
    kind: Callable[[str], _Word], body: Resource, key: str, default: _Word, inspection: Inspection
) -> _Word:
    value = get(body, key)
    if value is None:
        return default
    folded = str(value).casefold()
    found = next((one for one in type(default) if one.value.casefold() == folded), None)
    if found is None:
        inspection.advise(_RULE, f"{_text(body, 'name')}.{key}", f"Read as {default}.")
        return default
    return kind(found)


def _truth(body: Resource, key: str) -> bool:
    value = get(body, key)
    return value is True or (isinstance(value, str) and value.casefold() == "true")


def _text(body: Resource, key: str) -> str:
    value = get(body, key)
    return value if isinstance(value, str) else ""


def _words(body: Resource, key: str) -> tuple[str, ...]:
    value = get(body, key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
