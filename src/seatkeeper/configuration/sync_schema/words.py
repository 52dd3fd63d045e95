"""The enumerations of the schema document, and what each word means in settings.

Before the walk. Words are read in any case and written as documented; a word
that did not change keeps the spelling it came with (``exporting``).
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from seatkeeper.configuration.settings import ActionWord
from seatkeeper.gallery.schema import AppliesWord, AttributeType, FlowBehaviorWord

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

FLOW_TYPES: Final[Mapping[str, AppliesWord]] = {
    "Always": "always",
    "ObjectAddOnly": "on_create",
    "MultiValueAddOnly": "multi_value_add",
    "ValueAddOnly": "value_add",
    "AttributeAddOnly": "if_empty",
}
FLOW_BEHAVIORS: Final[Mapping[str, FlowBehaviorWord]] = {
    "FlowWhenChanged": "when_changed",
    "FlowAlways": "always",
}
ACTIONS: Final[Mapping[str, ActionWord]] = {
    "Add": "create",
    "Update": "update",
    "Delete": "delete",
}
TYPES: Final[Mapping[str, AttributeType]] = {
    "String": AttributeType.STRING,
    "Integer": AttributeType.INTEGER,
    "Boolean": AttributeType.BOOLEAN,
    "Reference": AttributeType.REFERENCE,
    "DateTime": AttributeType.STRING,
    "Binary": AttributeType.STRING,
}
"""Dates and binary values are text to SCIM; the document keeps what it calls them."""

TYPE_OF: Final[Mapping[AttributeType, str]] = {
    AttributeType.STRING: "String",
    AttributeType.INTEGER: "Integer",
    AttributeType.BOOLEAN: "Boolean",
    AttributeType.REFERENCE: "Reference",
    AttributeType.COMPLEX: "String",
}
SOURCES: Final[Mapping[str, str]] = {
    "Attribute": "Attribute",
    "Constant": "Constant",
    "Function": "Function",
}
MUTABILITIES: Final[Mapping[str, str]] = {
    word: word for word in ("ReadWrite", "ReadOnly", "Immutable", "WriteOnly")
}

WHEN_NULL: Final = "seatkeeperWhenNull"
"""On a mapping: ``default`` where an empty source writes the default, also on update."""

OWN_TYPE: Final = "seatkeeperType"
"""On a definition: ``complex``, for which the reference has no word."""

UNIQUE: Final = "seatkeeperUnique"
"""On a definition of one's own: true where only one account may have a value."""


def spelled(words: Mapping[_Key, _Value], meaning: _Value) -> _Key:
    """Return the documented word for a meaning."""
    return next(word for word, value in words.items() if value == meaning)
