"""What a mapping is: one source, one attribute path of the app, and when it applies.

    source change -> scope -> [map] -> match -> plan -> export -> log

Mappings arrive here compiled and checked (``configuration.rules``); this page
only fixes their shape. How a source is evaluated is ``evaluate``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.expression.check import SOFT_DELETED
from seatkeeper.provisioning.expression.compile import Expression


@dataclass(frozen=True, slots=True)
class Direct:
    """The value of one directory attribute as it is."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Constant:
    """The same text for everybody."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No source: the default goes where the app has no value, and nothing else is touched."""


Source: TypeAlias = Direct | Constant | Expression | Nothing
"""Where a value comes from. ``IsSoftDeleted`` is computed: true for whoever is unassigned, out
of scope, disabled or soft-deleted at the source (provisioning behaviour 1.5)."""


class Applies(StrEnum):
    """When a mapping's value is written (mapping language 6, ``flowType``).

    ``VALUE_ADD``: values are added, none is taken away. ``MULTI_VALUE_ADD``:
    the same, for a list and only where it gains one. ``IF_EMPTY``: only where
    the account has no value.
    """

    ALWAYS = "always"
    ON_CREATE = "on_create"
    MULTI_VALUE_ADD = "multi_value_add"
    VALUE_ADD = "value_add"
    IF_EMPTY = "if_empty"


class WhenNull(StrEnum):
    """What an empty source does to an account that has a value.

    Clear it, leave it, or write the default.
    """

    CLEAR = "clear"
    SKIP = "skip"
    DEFAULT = "default"


class ValueType(StrEnum):
    """The type of the app's attribute."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DATETIME = "datetime"
    REFERENCE = "reference"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One value's way from the directory into the app.

    ``matching`` is 0, or its place in the order in which accounts are looked
    up; mappings with one place are asked together. ``default`` is used at
    creation when the source is null.
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
    when_null: WhenNull = WhenNull.CLEAR
    copied: str = field(init=False, repr=False, compare=False, default="")
    tells_access: bool = field(init=False, repr=False, compare=False, default=False)

    def __post_init__(self) -> None:
        """Work out once what every person would ask again.

        ``copied`` is the attribute whose text is taken as it is; empty where
        more is to be done. ``tells_access``: the value follows who may use
        the account.
        """
        object.__setattr__(self, "tells_access", SOFT_DELETED in self.reads)
        plain = self.type is ValueType.STRING and not self.multi_valued
        if isinstance(self.source, Direct) and plain and self.applies is Applies.ALWAYS:
            object.__setattr__(self, "copied", self.source.attribute)

    @property
    def reads(self) -> tuple[str, ...]:
        """The source attributes it reads."""
        if isinstance(self.source, Direct):
            return (self.source.attribute,)
        return self.source.reads if isinstance(self.source, Expression) else ()

    @property
    def hidden(self) -> bool:
        """Whether the log hides its value (``Redact``)."""
        return isinstance(self.source, Expression) and self.source.redacts


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
    def access_paths(self) -> frozenset[str]:
        """The paths that follow who may use an account; none where nothing maps it."""
        return frozenset(one.target for one in self.mappings if one.tells_access)

    @property
    def reference_paths(self) -> frozenset[str]:
        """The paths that hold one other account, such as that of the manager."""
        return frozenset(
            one.target
            for one in self.mappings
            if one.type is ValueType.REFERENCE and not one.multi_valued
        )

    @property
    def hidden_paths(self) -> frozenset[str]:
        """The paths whose values no log and no plan shows."""
        return frozenset(one.target for one in self.mappings if one.hidden)

    @property
    def expressions(self) -> Sequence[Expression]:
        """Every expression among the sources."""
        return [one.source for one in self.mappings if isinstance(one.source, Expression)]

    def of(self, path: str) -> Mapping | None:
        """Return the mapping onto ``path``, or none."""
        return next((mapping for mapping in self.mappings if mapping.target == path), None)
