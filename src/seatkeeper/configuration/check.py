"""Judge whether settings fit their app, and say every fault at once.

Before the walk: nothing that passes here makes a mapping that cannot be
carried out. Mappings have a page of their own (``check_mappings``).
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from seatkeeper.configuration.address import url_fault
from seatkeeper.configuration.administrator_mark import mark_faults
from seatkeeper.configuration.attributes import attribute_faults, customized
from seatkeeper.configuration.check_mappings import Flaw, mapping_flaws
from seatkeeper.configuration.filters import stored_filter
from seatkeeper.configuration.notification import notification_faults
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.configuration.timing import timing_faults
from seatkeeper.directory.model import Kind
from seatkeeper.directory.people_row import shown
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.provisioning.condition.flaws import flaws as filter_flaws


def checked_settings(app: GalleryApp, settings: AppSettings) -> AppSettings:
    """Return the settings. Raises ``InvalidValue`` that names everything wrong with them."""
    flaws = settings_flaws(app, settings)
    if flaws:
        raise InvalidValue(" ".join(flaw.text for flaw in flaws))
    return settings


def settings_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    """Return every fault in the settings of this app."""
    app, listed = customized(app, settings), _attribute_flaws(app, settings)
    if listed:  # mappings are judged by the attributes, so those come first
        return [*_general_flaws(settings), *_connection_flaws(settings), *listed]
    return [
        *_general_flaws(settings),
        *_connection_flaws(settings),
        *mapping_flaws("users", app.users, settings.users),
        *_group_flaws(app, settings),
        *_mark_flaws(app, settings),
        *_action_flaws("user_actions", settings.user_actions),
        *_action_flaws("group_actions", settings.group_actions),
        *_filter_flaws("user_filter", Kind.USER, settings.user_filter),
        *_filter_flaws("group_filter", Kind.GROUP, settings.group_filter, app),
    ]


def _general_flaws(settings: AppSettings) -> list[Flaw]:
    flaws = []
    if not settings.name.strip() or not settings.name.isprintable() or len(settings.name) > 256:
        flaws.append(Flaw("name", "The name needs 1 to 256 visible characters."))
    flaws += [Flaw(field, text) for field, text in timing_faults(settings)]
    if settings.requests_per_second is not None and not 1 <= settings.requests_per_second <= 10_000:
        flaws.append(Flaw("requests_per_second", "requests_per_second is 1 to 10000."))
    flaws += [Flaw("notification", text) for text in notification_faults(settings.notification)]
    return flaws


def _connection_flaws(settings: AppSettings) -> list[Flaw]:
    flaws = []
    if settings.tenant_url:
        fault = url_fault(settings.tenant_url, allow_loopback=settings.allow_loopback)
        flaws += [Flaw("tenant_url", fault)] if fault else []
    if settings.secret_expires and not _is_day(settings.secret_expires):
        said = shown(settings.secret_expires)
        flaws.append(Flaw("secret_expires", f"{said} is no day; write it as 2027-03-31."))
    if settings.status == "on" and settings.mode != "automatic":
        flaws.append(Flaw("status", "Provisioning can be on only in mode automatic."))
    if settings.status == "on" and not settings.tenant_url:
        flaws.append(Flaw("status", "Provisioning can be on only with a tenant URL."))
    return flaws


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _group_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    if not settings.groups:
        return []
    if app.groups is None:
        return [Flaw("groups", f"{app.name} has no groups, so none can be mapped.")]
    return mapping_flaws("groups", app.groups, settings.groups)


def _mark_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    if mapping_flaws("users", app.users, settings.users):
        return []  # what marks an administrator is judged by the mappings, so those come first
    return [Flaw("deletion_guard", text) for text in mark_faults(app, settings)]


def _attribute_flaws(app: GalleryApp, settings: AppSettings) -> list[Flaw]:
    found = [
        Flaw(f"user_attributes.{number}", text)
        for number, text in attribute_faults(app.users, settings.user_attributes)
    ]
    if app.groups is not None:
        found += [
            Flaw(f"group_attributes.{number}", text)
            for number, text in attribute_faults(app.groups, settings.group_attributes)
        ]
    elif settings.group_attributes:
        found.append(Flaw("group_attributes", f"{app.name} has no groups."))
    return found


def _action_flaws(name: str, actions: Sequence[str]) -> list[Flaw]:
    twice = [one for one in dict.fromkeys(actions) if actions.count(one) > 1]
    return [Flaw(name, f"The action {one} is named twice.") for one in twice]


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
