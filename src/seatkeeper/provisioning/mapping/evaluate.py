"""Make the values that one record should have in the app.

    source change -> scope -> [map] -> match -> plan -> export -> log

It knows the record, the mappings and what scope said, and nothing else. It
does not look for accounts (``match``), resolve references (``reference``) nor
compare with what the app has (``plan``).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from seatkeeper.directory.model import Group, User
from seatkeeper.errors import MappingFailed, MatchingValueMissing, RecordError
from seatkeeper.provisioning.account import TargetValue, TargetValues
from seatkeeper.provisioning.expression.check import ROLES, SOFT_DELETED
from seatkeeper.provisioning.expression.compile import Expression
from seatkeeper.provisioning.expression.values import (
    Dropped,
    Environment,
    Role,
    Value,
    is_empty,
)
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    Nothing,
    ObjectMapping,
    ValueType,
    WhenNull,
)
from seatkeeper.provisioning.mapping.typed import SingleValueOnly, source_name, typed

_Reader: TypeAlias = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Desired:
    """What the mappings ask for.

    ``always`` holds a value for each path that shall have one; a mapped path
    that is missing there shall be empty, unless ``untouched`` names it.
    ``on_create`` values are set only once. ``references`` names *records*;
    they become account ids in ``reference.resolve``.
    """

    always: TargetValues
    on_create: TargetValues = field(default_factory=dict)
    references: TargetValues = field(default_factory=dict)
    untouched: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a value may depend on beside the record itself.

    ``entitled`` is what scope said. ``creating``: values that apply only at
    creation are wanted, too. ``day`` is the moment for mappings that apply
    always (midnight, so that one day gives one value), ``now`` for the others.
    ``chosen`` are values that were made anew while planning and are what is
    sent; ``taken`` (case folded) are those that other accounts have.
    """

    entitled: bool = True
    creating: bool = True
    roles: Sequence[Role] = ()
    now: dt.datetime | None = None
    day: dt.datetime | None = None
    default_domain: str = ""
    seed: str = ""
    taken: frozenset[str] = frozenset()
    chosen: TargetValues = field(default_factory=dict)


class MissingValues(MappingFailed):
    """A value that the app requires is empty in the directory."""

    code = "MissingValues"


def want_user(user: User, mapping: ObjectMapping, about: Circumstances) -> Desired:
    """Return what the mappings ask for this person's account.

    Raises ``MappingFailed``, naming attribute and cause, for a value the app
    requires and the person lacks, or that cannot be made or has the wrong type.
    """
    usable = about.entitled and user.active
    held = user.attributes.get

    def value_of(name: str) -> Value:
        found = held(name)
        return found if found is not None else _computed(user, name, about, usable=usable)

    return _want(mapping, value_of, about)


def want_group(group: Group, mapping: ObjectMapping, about: Circumstances) -> Desired:
    """Return what the mappings ask for this group, members apart. Raises ``MappingFailed``."""
    return _want(mapping, lambda name: group_value(group, name, about), about)


def want_access(user: User, mapping: ObjectMapping, about: Circumstances) -> TargetValues:
    """Return the values that take access away from somebody: only the paths that follow it.

    A value that cannot be made is left out: nothing wrong with a value must
    keep anybody's access alive.
    """
    wanted: dict[str, TargetValue] = {}
    for one in mapping.mappings:
        if not one.tells_access or one.applies is not Applies.ALWAYS:
            continue
        try:
            value = _value(one, lambda name: user_value(user, name, about, usable=False), about)
        except (MappingFailed, Dropped):
            continue
        if value is not None:
            wanted[one.target] = value
    return wanted


def access_without_record(mapping: ObjectMapping) -> TargetValues:
    """Return the values that take access away from an account whose person is purged."""
    return want_access(User("", {}, enabled=False), mapping, Circumstances(entitled=False))


def user_value(user: User, name: str, about: Circumstances, *, usable: bool) -> Value:
    """Return one source attribute of a person, the computed ones included; null where absent."""
    found = user.attributes.get(name)
    return found if found is not None else _computed(user, name, about, usable=usable)


def _computed(user: User, name: str, about: Circumstances, *, usable: bool) -> Value:
    if name == "objectId":
        return user.id
    if name == "accountEnabled":
        return user.enabled
    if name == "manager":
        return user.manager_id
    if name == SOFT_DELETED:
        return not usable
    if name == ROLES:
        return tuple(role.value for role in about.roles) or None
    return None


def group_value(group: Group, name: str, about: Circumstances) -> Value:
    """Return one source attribute of a group, the computed ones included; null where absent."""
    if name == "objectId":
        return group.id
    if name == "displayName":
        return group.display_name
    if name == SOFT_DELETED:
        return not about.entitled
    return group.attributes.get(name)


def _want(mapping: ObjectMapping, value_of: _Reader, about: Circumstances) -> Desired:
    always: dict[str, TargetValue] = {}
    on_create: dict[str, TargetValue] = {}
    references: dict[str, TargetValue] = {}
    untouched: set[str] = set()
    for one in mapping.mappings:
        if one.copied:
            text = value_of(one.copied)
            if type(text) is str and text:  # nearly every value of nearly everybody
                always[one.target] = text
                continue
        if one.type is ValueType.REFERENCE and one.multi_valued:
            continue  # members are compared as a set of their own, see ``reference``
        if one.applies is Applies.ON_CREATE and not about.creating:
            continue
        try:
            value = _value(one, value_of, about)
        except Dropped:
            if one.required and about.creating:
                raise _missing(one) from None
            untouched.add(one.target)
            continue
        if value is None:
            _without_value(one, always, on_create, untouched)
        elif one.type is ValueType.REFERENCE:
            references[one.target] = value
        else:
            chosen = on_create if one.applies is Applies.ON_CREATE else always
            chosen[one.target] = value
    return Desired(always, on_create, references, frozenset(untouched))


def _without_value(
    one: Mapping,
    always: dict[str, TargetValue],
    on_create: dict[str, TargetValue],
    untouched: set[str],
) -> None:
    """Note what an empty source asks for, by the mapping's rule for it.

    What the app requires and what accounts are matched by is never cleared.
    """
    default = None if one.default is None else typed(one, one.default)
    if default is not None:
        written = one.when_null is WhenNull.DEFAULT or isinstance(one.source, Nothing)
        chosen = always if written and one.applies is not Applies.ON_CREATE else on_create
        chosen[one.target] = default
    elif one.required:
        raise _missing(one)
    elif one.when_null is WhenNull.SKIP or one.matching:
        untouched.add(one.target)


def _missing(one: Mapping) -> RecordError:
    if one.matching:
        return MatchingValueMissing(
            f"{source_name(one)} is empty, and accounts are matched by {one.target}.",
            advice="Fill it in the directory, or match on another attribute.",
        )
    return MissingValues(
        f"{source_name(one)} is empty, and {one.target} needs a value.",
        advice="Fill it in the directory, or map another attribute.",
    )


def _value(mapping: Mapping, value_of: _Reader, about: Circumstances) -> TargetValue | None:
    source = mapping.source
    if isinstance(source, Direct):
        value = value_of(source.attribute)
    elif isinstance(source, Constant):
        value = source.text
    elif isinstance(source, Expression):
        if source.makes_anew and mapping.target in about.chosen:
            return about.chosen[mapping.target]
        value = source.evaluate(_environment(mapping, value_of, about))
    else:
        return None
    return None if is_empty(value) else typed(mapping, value)


def _environment(mapping: Mapping, value_of: _Reader, about: Circumstances) -> Environment:
    now = about.now if mapping.applies is Applies.ON_CREATE else about.day
    return Environment(
        value_of,
        now=now,
        seed=about.seed and f"{about.seed}:{mapping.target}",
        taken=lambda value: value.casefold() in about.taken,
        roles=about.roles,
        default_domain=about.default_domain,
    )


__all__ = [
    "Circumstances",
    "Desired",
    "MissingValues",
    "SingleValueOnly",
    "access_without_record",
    "source_name",
    "user_value",
    "want_access",
    "want_group",
    "want_user",
]
