"""The parts of a schema document that Seatkeeper understands, each with its place in the tree.

Before the walk. A view holds what was read and the plain object it was read
from, so that ``exporting`` can change that and leave every other field alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from seatkeeper.configuration.settings import ActionWord, AppSettings, ReferencedWord
from seatkeeper.configuration.sync_schema.scopes import ReadScope
from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.gallery.schema import (
    AppliesWord,
    AttributeType,
    DefaultMapping,
    FlowBehaviorWord,
)
from seatkeeper.provisioning.expression.tree import Node

Side: TypeAlias = Literal["users", "groups"]
"""Which records an object mapping is about."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One attribute as a directory defines it (attributeDefinition)."""

    place: str
    plain: Plain
    name: str
    type: AttributeType
    anchor: bool
    required: bool
    unique: bool
    case_exact: bool
    multi_valued: bool
    flows_null: bool
    references: ReferencedWord | None


@dataclass(frozen=True, slots=True)
class DefinedObject:
    """One kind of object as a directory defines it (objectDefinition)."""

    place: str
    plain: Plain
    name: str
    definitions: Mapping[str, Definition]


@dataclass(frozen=True, slots=True)
class Row:
    """One attributeMapping. ``tree`` is none without a source, and where it is ``broken``."""

    place: str
    plain: Plain
    target: str
    tree: Node | None
    broken: bool
    text: str
    default: str | None
    applies: AppliesWord
    matching: int
    flow_behavior: FlowBehaviorWord
    flows_null: bool
    writes_default: bool

    @property
    def inert(self) -> bool:
        """Whether it does nothing: no source, and no default either."""
        return self.tree is None and not self.broken and self.default is None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One objectMapping, with the definitions of both its ends where they are there."""

    place: str
    plain: Plain
    enabled: bool
    actions: tuple[ActionWord, ...]
    scope: ReadScope
    rows: tuple[Row, ...]
    source: DefinedObject | None
    target: DefinedObject | None


@dataclass(frozen=True, slots=True)
class View:
    """The rule that is carried out, and its object mappings of people and groups."""

    rule: Plain | None
    sides: Mapping[Side, ObjectRow]


@dataclass(frozen=True, slots=True)
class ReadSchema:
    """A document against the settings it was compared with.

    ``settings`` are what follows from it; ``wanted`` its mappings by target,
    of groups also where it has them switched off.
    """

    view: View
    settings: AppSettings
    wanted: Mapping[Side, Mapping[str, DefaultMapping]]
