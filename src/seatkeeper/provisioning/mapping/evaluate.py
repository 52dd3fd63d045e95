"""Make the values that one record should have in the app.

    source change -> scope -> [map] -> match -> plan -> export -> log

It knows the record, the mappings and one flag from scope, and nothing else. It
does not look for accounts (``match``), resolve references (``reference``) nor
compare with what the app has (``plan``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from seatkeeper.directory.model import Group, User, Value
from seatkeeper.errors import MappingFailed
from seatkeeper.provisioning.account import TargetValue, TargetValues
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    NotSoftDeleted,
    ObjectMapping,
    ValueType,
)


@dataclass(frozen=True, slots=True)
class Desired:
    """What the mappings ask for.

    ``always`` holds a value for each path that shall have one; a mapped path
    that is missing there shall be empty. ``on_create`` values are set only
    once. ``references`` names *records*; they become account ids in
    ``reference.resolve``.
    """

    always: TargetValues
    on_create: TargetValues = field(default_factory=dict)
    references: TargetValues = field(default_factory=dict)


class MissingValues(MappingFailed):
    """A value that the app requires is empty in the directory."""

    code = "MissingValues"


class SingleValueOnly(MappingFailed):
    """Several values are mapped onto an attribute that holds one."""

    code = "SchemaPropertyCanOnlyAcceptValue"


def want_user(user: User, mapping: ObjectMapping, *, entitled: bool) -> Desired:
    """Return what the mappings ask for this person's account.

    Raises ``MappingFailed``, naming attribute and cause, for a value the app
    requires and the person lacks, or that has the wrong type.
    """
    usable = entitled and user.active
    return _want(mapping, lambda name: _user_value(user, name), usable=usable)


def want_group(group: Group, mapping: ObjectMapping) -> Desired:
    """Return what the mappings ask for this group, members apart. Raises ``MappingFailed``."""
    return _want(mapping, lambda name: _group_value(group, name), usable=True)


def _user_value(user: User, name: str) -> Value | None:
    if name == "objectId":
        return user.id
    if name == "accountEnabled":
        return user.enabled
    if name == "manager":
        return user.manager_id
    return user.attributes.get(name)


def _group_value(group: Group, name: str) -> Value | None:
    if name == "objectId":
        return group.id
    if name == "displayName":
        return group.display_name
    return group.attributes.get(name)


def _want(
    mapping: ObjectMapping, value_of: Callable[[str], Value | None], *, usable: bool
) -> Desired:
    always: dict[str, TargetValue] = {}
    on_create: dict[str, TargetValue] = {}
    references: dict[str, TargetValue] = {}
    for one in mapping.mappings:
        if one.multi_valued and one.type is ValueType.REFERENCE:
            continue  # members are compared as a set of their own, see ``reference``
        value = _value(one, value_of, usable=usable)
        if value is None and one.default is not None:
            on_create[one.target] = _typed(one, one.default)
        elif value is None:
            if one.required:
                raise MissingValues(
                    f"{_source_name(one)} is empty, and {one.target} needs a value.",
                    advice="Fill it in the directory, or map another attribute.",
                )
        elif one.type is ValueType.REFERENCE:
            references[one.target] = value
        else:
            chosen = always if one.applies is Applies.ALWAYS else on_create
            chosen[one.target] = value
    return Desired(always, on_create, references)


def _value(
    mapping: Mapping, value_of: Callable[[str], Value | None], *, usable: bool
) -> TargetValue | None:
    match mapping.source:
        case NotSoftDeleted():
            return usable
        case Constant(text):
            return _typed(mapping, text)
        case Direct(attribute):
            value = value_of(attribute)
            return None if value is None else _typed(mapping, value)


def _typed(mapping: Mapping, value: Value) -> TargetValue:
    if isinstance(value, tuple):
        if mapping.multi_valued:
            return value
        raise SingleValueOnly(
            f"{_source_name(mapping)} has several values, and {mapping.target} holds one.",
            advice="Map a single-valued attribute.",
        )
    if mapping.type is ValueType.BOOLEAN:
        if isinstance(value, bool):
            return value
        if value.casefold() in {"true", "false"}:
            return value.casefold() == "true"
    elif mapping.type is ValueType.INTEGER:
        if not isinstance(value, bool) and value.lstrip("-").isdecimal():
            return int(value)
    else:
        return ("True" if value else "False") if isinstance(value, bool) else value
    raise MappingFailed(
        f"{_source_name(mapping)} is no {mapping.type.value}, and {mapping.target} needs one.",
        advice="Correct the value in the directory, or map another attribute.",
    )


def _source_name(mapping: Mapping) -> str:
    match mapping.source:
        case Direct(attribute):
            return attribute
        case Constant():
            return "The fixed text"
        case NotSoftDeleted():
            return "IsSoftDeleted"
