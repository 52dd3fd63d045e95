"""What a mapping is: one source, one attribute path of the app, and when it applies.

    source change -> scope -> [map] -> match -> plan -> export -> log

Mappings arrive here compiled and checked (``configuration.rules``); this page
only fixes their shape. How a source is evaluated is ``evaluate``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from seatkeeper.directory.model import Kind


@dataclass(frozen=True, slots=True)
class Direct:
    """The value of one directory attribute as it is."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Constant:
    """The same text for everybody."""

    text: str


@dataclass(frozen=True, slots=True)
class NotSoftDeleted:
    """True while the person is entitled and active: ``Not([IsSoftDeleted])``.

    ``IsSoftDeleted`` is computed: unassigned, out of scope, disabled or
    soft-deleted at the source (provisioning behaviour 1.5).
    """


Source: TypeAlias = Direct | Constant | NotSoftDeleted


class Applies(StrEnum):
    """When a mapping's value is written."""

    ALWAYS = "always"
    ON_CREATE = "on_create"


class ValueType(StrEnum):
    """The type of the app's attribute."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One value's way from the directory into the app.

    ``matching`` is 0, or its place in the order in which accounts are looked
    up. ``default`` is used at creation when the source is null.
    """

    target: str
    source: Source
    type: ValueType = ValueType.STRING
    applies: Applies = Applies.ALWAYS
    default: str | None = None
    matching: int = 0
    required: bool = False
    unique: bool = False
    case_exact: bool = False
    multi_valued: bool = False


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """The mappings of one kind of record, and which actions may reach the app."""

    kind: Kind
    mappings: Sequence[Mapping]
    create: bool = True
    update: bool = True
    delete: bool = True

    @property
    def by_matching(self) -> Sequence[Mapping]:
        """The matching mappings, first choice first."""
        chosen = [mapping for mapping in self.mappings if mapping.matching > 0]
        return sorted(chosen, key=lambda mapping: mapping.matching)

    @property
    def unique(self) -> Sequence[Mapping]:
        """The mappings whose value only one account may have, or accounts are matched by."""
        return [mapping for mapping in self.mappings if mapping.unique or mapping.matching > 0]

    @property
    def active_path(self) -> str | None:
        """The path that says whether an account may be used; none where nothing maps it."""
        for mapping in self.mappings:
            if isinstance(mapping.source, NotSoftDeleted):
                return mapping.target
        return None

    def of(self, path: str) -> Mapping | None:
        """Return the mapping onto ``path``, or none."""
        return next((mapping for mapping in self.mappings if mapping.target == path), None)
