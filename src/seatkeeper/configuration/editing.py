"""Change the settings of one app from a form: one mapping, one filter, some fields, at a time.

Before the walk. A form changes little; what it makes is judged like a whole
document before anything is written, and refused when somebody else saved since
the form was opened.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec.structs import replace

from seatkeeper.configuration.applying import beside_settings, settings_of
from seatkeeper.configuration.check import settings_flaws
from seatkeeper.configuration.meanwhile import check_unchanged
from seatkeeper.configuration.rules import rules_for
from seatkeeper.configuration.settings import AppSettings, MappingChange, to_plain
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import DefaultMapping, gallery_app
from seatkeeper.ports import Configuration, StoredApp

ObjectWord: TypeAlias = Literal["users", "groups"]


async def edit_settings(
    configuration: Configuration,
    app_id: str,
    change: Callable[[AppSettings], AppSettings],
    *,
    actor: str,
    expected_version: int,
) -> StoredApp:
    """Save changed settings of an app.

    Raises ``ChangedMeanwhile`` where ``expected_version`` is not the present one,
    ``InvalidValue`` that names everything wrong with what the change makes.
    """
    stored = await configuration.app(app_id)
    await check_unchanged(configuration, stored, expected_version)
    changed = checked_change(stored, change)
    return await configuration.save_app(
        stored.application,
        {**to_plain(changed), **beside_settings(stored, changed)},
        actor=actor,
        expected_version=expected_version,
    )


def checked_change(stored: StoredApp, change: Callable[[AppSettings], AppSettings]) -> AppSettings:
    """Return the changed settings. Raises ``InvalidValue`` that names everything wrong with them.

    What was wrong before, too, does not hinder: a form mends one thing at a time.
    """
    before = settings_of(stored)
    changed = change(before)
    app = gallery_app(changed.gallery)
    known = {flaw.text for flaw in settings_flaws(app, before)}
    flaws = [flaw.text for flaw in settings_flaws(app, changed) if flaw.text not in known]
    if flaws:
        raise InvalidValue(" ".join(flaws))
    rules_for(app, stored.application, changed)
    return changed


def with_mapping(settings: AppSettings, objects: ObjectWord, change: MappingChange) -> AppSettings:
    """Return the settings with this change in the place of another one onto its target."""
    before = settings.users if objects == "users" else settings.groups
    if any(one.target == change.target for one in before):
        after = tuple(change if one.target == change.target else one for one in before)
    else:
        after = (*before, change)
    return _with(settings, objects, after)


def without_change(settings: AppSettings, objects: ObjectWord, target: str) -> AppSettings:
    """Return the settings with the gallery's mapping onto the target, or none where it has none."""
    before = settings.users if objects == "users" else settings.groups
    return _with(settings, objects, tuple(one for one in before if one.target != target))


def change_from(default: DefaultMapping | None, wanted: DefaultMapping) -> MappingChange | None:
    """Return what must be said over the gallery's mapping to get the wanted one; none: nothing."""
    if default == wanted:
        return None
    base = default or DefaultMapping(wanted.target)
    source = (wanted.attribute, wanted.constant, wanted.expression)
    same_source = default is not None and source == (
        default.attribute,
        default.constant,
        default.expression,
    )
    nothing = not same_source and not any(one is not None for one in source)
    return MappingChange(
        target=wanted.target,
        attribute=None if same_source else wanted.attribute,
        constant=None if same_source else wanted.constant,
        expression=None if same_source else wanted.expression,
        default=None if wanted.default == base.default else wanted.default or "",
        applies=None if wanted.applies == base.applies else wanted.applies,
        matching=None if wanted.matching == base.matching else wanted.matching,
        when_null=None if wanted.when_null == base.when_null else wanted.when_null,
        flow_behavior=None if wanted.flow_behavior == base.flow_behavior else wanted.flow_behavior,
        no_source=nothing and default is not None,
    )


def _with(
    settings: AppSettings, objects: ObjectWord, changes: tuple[MappingChange, ...]
) -> AppSettings:
    if objects == "users":
        return replace(settings, users=changes)
    return replace(settings, groups=changes)
