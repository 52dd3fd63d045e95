"""What one app's service refuses that SCIM would allow; pure decisions, by its gallery file.

A door in, beside the walk. Each refusal is in SCIM's form, and its detail says
the app's rule and not a value of anybody. Rates are ``rate``'s business.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from seatkeeper.gallery.abilities import FilterAbilities, GroupPatch, Lies
from seatkeeper.gallery.rates import RateWindow
from seatkeeper.scim.errors import (
    InvalidFilter,
    NotWritable,
    ScimError,
    TooLarge,
    TooMany,
    UnfitValue,
)
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.names import get, is_core
from seatkeeper.scim.query import LARGEST_PAGE
from seatkeeper.scim.syntax import (
    And,
    AttributePath,
    Comparison,
    Filter,
    HasElement,
    Not,
    Or,
    Present,
)
from seatkeeper.words import number_of


@dataclass(frozen=True)
class Rules:
    """What the service of one app keeps to; without arguments, a service that allows it all."""

    patches: bool = True
    filters: FilterAbilities = field(default_factory=FilterAbilities)
    group_patch: GroupPatch = field(default_factory=GroupPatch)
    members_readable: bool = True
    largest_page: int = LARGEST_PAGE
    rates: tuple[RateWindow, ...] = ()
    latency: float = 0.0
    lies: Lies = field(default_factory=Lies)

    @property
    def filters_at_all(self) -> bool:
        """Whether any filter is taken."""
        by = self.filters
        return by.operators != () and (by.users != () or by.groups != ())

    def allowed_filter(self, tree: Filter | None, kind: str) -> Filter | None:
        """Return the filter if the app takes it; none if it quietly ignores it."""
        if tree is None:
            return None
        try:
            self._check_filter(tree, kind)
        except ScimError:
            if self.lies.ignores_unknown_filters:
                return None
            raise
        return tree

    def _check_filter(self, tree: Filter, kind: str) -> None:
        known = self.filters.attributes(kind)
        if known == () or self.filters.operators == ():
            raise ScimError(501, "", f"This app takes no filter on a list of {kind.lower()}s.")
        for operator in _operators(tree):
            if self.filters.operators is not None and operator not in self.filters.operators:
                raise InvalidFilter(
                    f"This app does not take {operator} in a filter, only "
                    f"{', '.join(self.filters.operators)}."
                )
        folded = [one.casefold() for one in known or ()]
        if known is not None and any(name.casefold() not in folded for name in _names(tree)):
            raise InvalidFilter(f"This app filters {kind.lower()}s by {', '.join(known)} only.")

    def check_patch(self, kind: str, size: int) -> None:
        """Refuse a PATCH where the app has none, or one of a group with too many bytes."""
        most = self.group_patch.bytes
        if kind == "Group" and most is not None and size > most:
            raise TooLarge(f"This app takes at most {most:,} bytes in a PATCH of a group.")
        if not self.patches:
            raise ScimError(501, "", "This app has no PATCH; replace the whole resource by PUT.")

    def check_members(self, changes: Sequence[MemberChange]) -> None:
        """Refuse changes of members that are more than one PATCH may hold, or replace them."""
        rule = self.group_patch
        named = sum(len(one.ids) for one in changes)
        if rule.members is not None and named > rule.members:
            most = number_of(rule.members, "member")
            raise TooMany(f"This app takes at most {most} in a PATCH of a group.")
        replaces = any(one.write is MemberWrite.REPLACE for one in changes)
        if replaces and not rule.replaces_members:
            raise _members_not_replaced()

    def put_members(self, members: tuple[str, ...]) -> list[MemberChange]:
        """Return what a PUT of a group does with its members; refuse it where it may not."""
        if self.group_patch.replaces_members:
            return [MemberChange(MemberWrite.REPLACE, members)]
        if members:
            raise _members_not_replaced()
        return []


def check_single(values: Resource, names: Sequence[str]) -> None:
    """Refuse several values of an attribute of which the app keeps one."""
    for name in names:
        held = get(values, name)
        if isinstance(held, list) and len(held) > 1:
            raise UnfitValue(f"This app keeps one value of {name}, not several.")


def _members_not_replaced() -> NotWritable:
    return NotWritable("This app adds and removes members; it never replaces them as a whole.")


def _operators(tree: Filter) -> Iterator[str]:
    match tree:
        case Comparison(path, op, _):
            yield op.value
            yield from _within(path)
        case Present(path):
            yield "pr"
            yield from _within(path)
        case HasElement(path):
            yield from _within(path)
        case Not(part):
            yield "not"
            yield from _operators(part)
        case And(parts) | Or(parts):
            yield "and" if isinstance(tree, And) else "or"
            for part in parts:
                yield from _operators(part)


def _within(path: AttributePath) -> Iterator[str]:
    if path.where is not None:
        yield "[]"
        yield from _operators(path.where)


def _names(tree: Filter) -> Iterator[str]:
    match tree:
        case Comparison(path, _, _) | Present(path) | HasElement(path):
            yield _name(path)
        case Not(part):
            yield from _names(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _names(part)


def _name(path: AttributePath) -> str:
    core = path.schema is not None and is_core(path.schema)
    return AttributePath(None if core else path.schema, path.name, None, path.sub).dotted
