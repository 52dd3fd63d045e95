"""Judge whether settings fit their app, and say every fault at once.

Before the walk: nothing that passes here makes a mapping that cannot be
carried out. Expressions are only measured; what they mean is judged by the
mapping language.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.address import url_fault
from seatkeeper.configuration.filters import stored_filter
from seatkeeper.configuration.settings import (
    AppSettings,
    MappingChange,
    changed_mappings,
)
from seatkeeper.directory.attributes import (
    GROUP_ATTRIBUTES,
    USER_ATTRIBUTES,
    Attribute,
    Type,
    user_attribute,
)
from seatkeeper.directory.model import Kind
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import AttributeType, DefaultMapping, GalleryApp, ObjectType
from seatkeeper.provisioning.condition.flaws import flaws as filter_flaws

LONGEST_EXPRESSION: Final = 10_000
LONGEST_INTERVAL: Final = 366 * 86_400

_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\".]+(\.[^\s@,;<>\".]+)+")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault in the settings: ``field`` as in ``AppSettings``, ``users.2`` for the third."""

    field: str
    text: str


def checked_settings(app: GalleryApp, settings: AppSettings) -> AppSettings:
    """Return the settings. Raises ``InvalidValue`` that names everything wrong with them."""
    flaws = settings_flaws(app, settings)
    if flaws:
        raise InvalidValue(" ".join(flaw.text for flaw in flaws))
    return settings


def settings_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    """Return every fault in the settings of this app."""
    return [
        *_general_flaws(settings),
        *_connection_flaws(settings),
        *mapping_flaws("users", app.users, settings.users),
        *_group_flaws(app, settings),
        *_filter_flaws("user_filter", Kind.USER, settings.user_filter),
        *_filter_flaws("group_filter", Kind.GROUP, settings.group_filter, app),
    ]


def _general_flaws(settings: AppSettings) -> list[Flaw]:
    flaws = []
    if not settings.name.strip() or not settings.name.isprintable() or len(settings.name) > 256:
        flaws.append(Flaw("name", "The name needs 1 to 256 visible characters."))
    if not 1 <= settings.interval_seconds <= LONGEST_INTERVAL:
        flaws.append(Flaw("interval_seconds", "The interval is 1 second to 366 days."))
    if settings.requests_per_second is not None and not 1 <= settings.requests_per_second <= 10_000:
        flaws.append(Flaw("requests_per_second", "requests_per_second is 1 to 10000."))
    told = settings.notification
    if told.email and not _EMAIL.fullmatch(told.email):
        flaws.append(Flaw("notification", f"{shown(told.email)} is no e-mail address."))
    if told.on_failure and not told.email:
        flaws.append(Flaw("notification", "on_failure needs the e-mail address that is told."))
    return flaws


def _connection_flaws(settings: AppSettings) -> list[Flaw]:
    flaws = []
    if settings.tenant_url:
        fault = url_fault(settings.tenant_url, allow_loopback=settings.allow_loopback)
        flaws += [Flaw("tenant_url", fault)] if fault else []
    if settings.status == "on" and settings.mode != "automatic":
        flaws.append(Flaw("status", "Provisioning can be on only in mode automatic."))
    if settings.status == "on" and not settings.tenant_url:
        flaws.append(Flaw("status", "Provisioning can be on only with a tenant URL."))
    return flaws


def _group_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    if not settings.groups:
        return []
    if app.groups is None:
        return [Flaw("groups", f"{app.name} has no groups, so none can be mapped.")]
    return mapping_flaws("groups", app.groups, settings.groups)


def _filter_flaws(
    name: str, kind: Kind, plain: Mapping[str, object] | None, app: GalleryApp | None = None
) -> list[Flaw]:
    """Return every fault in a scoping filter; ``app`` where it is one of groups."""
    if plain is None:
        return []
    if app is not None and app.groups is None:
        return [Flaw(name, f"{app.name} has no groups, so none can be filtered.")]
    try:
        condition = stored_filter(plain)
    except InvalidValue as error:
        return [Flaw(name, f"{error.message} {error.advice}".strip())]
    found = [] if condition is None else filter_flaws(condition, kind)
    return [Flaw(f"{name}.{path}" if path else name, text) for path, text in found]


def mapping_flaws(name: str, objects: ObjectType, changes: Sequence[MappingChange]) -> list[Flaw]:
    """Return every fault in the changes to the mappings of users or groups (``name``)."""
    defaults = {mapping.target: mapping for mapping in objects.mappings}
    flaws = []
    seen: set[str] = set()
    for number, change in enumerate(changes):
        texts = _change_faults(name, objects, defaults, change)
        if change.target in seen:
            texts.append(f"{change.target} is mapped twice.")
        seen.add(change.target)
        flaws += [Flaw(f"{name}.{number}", text) for text in texts]
    return flaws or _missing(name, objects, changes)


def _missing(name: str, objects: ObjectType, changes: Sequence[MappingChange]) -> list[Flaw]:
    mappings = changed_mappings(objects, changes)
    mapped = {mapping.target for mapping in mappings}
    flaws = [
        Flaw(name, f"The app requires {attribute.path}, and nothing is mapped onto it.")
        for attribute in objects.attributes
        if attribute.required and attribute.path not in mapped
    ]
    if not any(mapping.matching > 0 for mapping in mappings):
        flaws.append(Flaw(name, "No matching attribute is left, so no account could be found."))
    return flaws


def _change_faults(
    name: str,
    objects: ObjectType,
    defaults: Mapping[str, DefaultMapping],
    change: MappingChange,
) -> list[str]:
    target = next((one for one in objects.attributes if one.path == change.target), None)
    if change.target == "id":
        return ["id is given by the app and cannot be mapped."]
    if target is None:
        hint = closest(change.target, [one.path for one in objects.attributes])
        return [f"The app has no attribute {shown(change.target)}.{hint}"]
    if change.remove:
        return _removal_faults(defaults, change)
    faults = []
    if change.sources > 1 or (change.sources == 0 and change.target not in defaults):
        faults.append(f"{change.target} needs exactly one of attribute, constant and expression.")
    if change.expression is not None and not 0 < len(change.expression) <= LONGEST_EXPRESSION:
        faults.append(f"The expression for {change.target} has no or over 10,000 characters.")
    if change.matching is not None and not 0 <= change.matching <= 100:
        faults.append(f"The matching order of {change.target} is 0 (none) to 100.")
    if change.attribute is not None:
        faults += _source_faults(name, change.attribute, change.target, target.type)
    elif change.sources and target.type is AttributeType.REFERENCE:
        faults.append(f"{change.target} is a reference; only an attribute can be mapped onto it.")
    return faults


def _removal_faults(defaults: Mapping[str, DefaultMapping], change: MappingChange) -> list[str]:
    if change != MappingChange(change.target, remove=True):
        return [f"The mapping onto {change.target} is removed; nothing else can be said of it."]
    if change.target not in defaults:
        return [f"{change.target} is not mapped by default, so there is nothing to remove."]
    return []


def _source_faults(name: str, attribute: str, target: str, type_: AttributeType) -> list[str]:
    known: Mapping[str, Attribute] = USER_ATTRIBUTES if name == "users" else GROUP_ATTRIBUTES
    source = user_attribute(attribute) if name == "users" else known.get(attribute)
    if source is None:
        return [f"The directory has no attribute {shown(attribute)}.{closest(attribute, known)}"]
    if (source.type is Type.REFERENCE) != (type_ is AttributeType.REFERENCE):
        return [f"{attribute} cannot be mapped onto {target}: only one of them is a reference."]
    return []
