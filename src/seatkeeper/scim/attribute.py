"""One attribute of a schema with its characteristics (RFC 7643 2.2, 7).

Beside the walk; pure description. What the characteristics do to a request is
decided where it happens: ``validation``, ``patch``, ``projection``, ``predicate``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """The data types of RFC 7643 2.3."""

    STRING = "string"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    REFERENCE = "reference"
    BINARY = "binary"
    COMPLEX = "complex"


class Mutability(StrEnum):
    """Whether and when a client may write a value."""

    READ_ONLY = "readOnly"
    READ_WRITE = "readWrite"
    IMMUTABLE = "immutable"
    WRITE_ONLY = "writeOnly"


class Returned(StrEnum):
    """When an answer shows a value."""

    ALWAYS = "always"
    NEVER = "never"
    DEFAULT = "default"
    REQUEST = "request"


class Uniqueness(StrEnum):
    """Among whom a value must be the only one."""

    NONE = "none"
    SERVER = "server"
    GLOBAL = "global"


@dataclass(frozen=True)
class Attribute:
    """One attribute or sub-attribute.

    ``canonical`` values are suggestions, as the RFC has it, unless
    ``only_canonical`` makes them the only ones. ``references`` names what a
    reference may point at.
    """

    name: str
    type: Type = Type.STRING
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    returned: Returned = Returned.DEFAULT
    uniqueness: Uniqueness = Uniqueness.NONE
    canonical: tuple[str, ...] = ()
    only_canonical: bool = False
    references: tuple[str, ...] = ()
    sub: "tuple[Attribute, ...]" = ()
    description: str = ""

    @cached_property
    def parts(self) -> "Mapping[str, Attribute]":
        """The sub-attributes by folded name."""
        return {one.name.casefold(): one for one in self.sub}

    @cached_property
    def required_parts(self) -> "tuple[Attribute, ...]":
        """The sub-attributes that every value must have."""
        return tuple(one for one in self.sub if one.required and not one.is_read_only)

    @cached_property
    def takes_any_text(self) -> bool:
        """Say whether its value is one text, and any text but an empty one fits."""
        is_text = self.type in (Type.STRING, Type.REFERENCE)
        return is_text and not (self.multi_valued or self.sub or self.canonical)

    def part(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of that name, whatever its case."""
        return self.parts.get(name.casefold())

    @property
    def is_reference(self) -> bool:
        """Say whether it points at another resource as one object, as ``manager`` does."""
        return not self.multi_valued and "$ref" in self.parts

    @property
    def is_read_only(self) -> bool:
        """Say whether what a client writes to it is ignored."""
        return self.mutability is Mutability.READ_ONLY

    @property
    def is_hidden(self) -> bool:
        """Say whether no answer ever shows it and no filter may ask for it."""
        return self.returned is Returned.NEVER

    @property
    def is_unique(self) -> bool:
        """Say whether no two resources may have the same value."""
        return self.uniqueness is not Uniqueness.NONE
