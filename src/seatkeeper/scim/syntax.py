"""The tree that filters and attribute paths are read into, and its printed form.

Beside the walk. RFC 7644 lets a filter stand inside a path
(``emails[type eq "work"].value``) and a path inside a filter, so both trees
live here; ``filter`` reads and evaluates the one, ``path`` the other. A printed
tree, read again, is the same tree.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

_ENDS_IN_VERSION: Final = re.compile(r":\d+(?:\.\d+)*$", re.ASCII)

Scalar: TypeAlias = str | bool | int | float | None


class Operator(StrEnum):
    """The comparisons of RFC 7644 table 3; ``pr`` is a shape of its own (``Present``)."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class AttributePath:
    """Where a value is: ``[schema:]name[where].sub``.

    ``schema`` is a URN as it was written, or none. A bare extension URN has
    an empty ``name`` and means the whole extension object.
    """

    schema: str | None
    name: str
    where: "Filter | None" = None
    sub: str | None = None

    def __str__(self) -> str:
        # A URN that ends in its version is SCIM 1.1, where a dot comes before the attribute.
        before = "." if self.schema and _ENDS_IN_VERSION.search(self.schema) else ":"
        text = before.join(part for part in (self.schema, self.name) if part)
        if self.where is not None:
            text += f"[{print_filter(self.where)}]"
        return f"{text}.{self.sub}" if self.sub else text

    @property
    def dotted(self) -> str:
        """The path without its filter, such as ``emails.value``; what exactness is asked for."""
        return str(AttributePath(self.schema, self.name, None, self.sub))


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path op value``."""

    path: AttributePath
    op: Operator
    value: Scalar


@dataclass(frozen=True, slots=True)
class Present:
    """``path pr``: there is a value, and it is not empty."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class HasElement:
    """``emails[...]`` standing alone: some element meets the filter in brackets."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; two parts at least."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds; two parts at least."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter: TypeAlias = Comparison | Present | HasElement | And | Or | Not


def quoted(value: str) -> str:
    """Return ``value`` as a JSON string, ready to stand in a filter.

    A name with quotes or backslashes stays one value and can never become a
    second condition. Percent-encoding for a URL is the caller's next step.
    """
    return json.dumps(value, ensure_ascii=False)


def print_filter(tree: Filter) -> str:
    """Return the text of a filter, with parentheses only where meaning needs them."""
    match tree:
        case Comparison(path, op, value):
            return f"{path} {op} {json.dumps(value, ensure_ascii=False)}"
        case Present(path):
            return f"{path} pr"
        case HasElement(path):
            return str(path)
        case Not(part):
            return f"not ({print_filter(part)})"
        case And(parts):
            return " and ".join(_grouped(part, (And, Or)) for part in parts)
        case _:
            return " or ".join(_grouped(part, (Or,)) for part in tree.parts)


def _grouped(part: Filter, weaker: tuple[type, ...]) -> str:
    text = print_filter(part)
    return f"({text})" if isinstance(part, weaker) else text
