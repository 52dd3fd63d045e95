"""What marks an administrator of an app: read, print, check, and what it means to the walk.

Before the walk. A role is known to the app only by the value that a mapping writes for it, so
it becomes that value here. Whether the last administrator would go is decided by
``provisioning.last_administrators``.
"""

from collections.abc import Sequence
from typing import Final

import yaml

from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import AdministratorMark, AppSettings, effective_mappings
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.values import Role
from seatkeeper.provisioning.last_administrators import Mark
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.mapping.model import ObjectMapping

_WRITES_ROLES: Final = "AppRoleAssignment"
"""Stands in the name of each function that gives somebody's roles in the app."""


def read_mark(reading: Reading, node: yaml.Node | None) -> AdministratorMark:
    """Return what a document says of the app's administrators; nothing marks any by itself."""
    if node is None:
        return AdministratorMark()
    fields = reading.fields(node, ("role", "group", "attribute", "values"))
    return AdministratorMark(
        role=reading.text(fields.get("role")),
        group=reading.text(fields.get("group")),
        attribute=reading.text(fields.get("attribute")),
        values=tuple(reading.text(one) for one in reading.items(fields.get("values"))),
    )


def print_mark(mark: AdministratorMark) -> dict[str, object]:
    """Return a mark as a document says it, empty where there is none."""
    said = {"role": mark.role, "group": mark.group, "attribute": mark.attribute}
    plain: dict[str, object] = {name: value for name, value in said.items() if value}
    return {**plain, "values": list(mark.values)} if mark.values else plain


def mark_in_words(mark: AdministratorMark) -> str:
    """Return a mark in a few words, empty where there is none."""
    if mark.role:
        return f"the role {mark.role}"
    if mark.group:
        return f"the group {mark.group}"
    return f"{mark.attribute} = {', '.join(mark.values)}" if mark.attribute else ""


def mark_in_form(mark: AdministratorMark) -> tuple[str, str]:
    """Return a mark as a form shows it: by what, and which one, such as ``title = Boss, Owner``."""
    if mark.attribute:
        return "attribute", mark_in_words(mark)
    return ("role", mark.role) if mark.role else ("group" if mark.group else "", mark.group)


def mark_from(by: str, which: str) -> AdministratorMark:
    """Return the mark that a form says, the empty one where it says none or not which."""
    which = which.strip()
    path, equals, values = which.rpartition("=")  # a path may have a filter, values have no "="
    if by == "attribute" and equals:
        found = tuple(one.strip() for one in values.split(",") if one.strip())
        return AdministratorMark(attribute=path.strip(), values=found)
    return AdministratorMark(
        role=which if by == "role" else "", group=which if by == "group" else ""
    )


def mark_faults(app: GalleryApp, settings: AppSettings) -> list[str]:
    """Return what is wrong with the mark of an app's administrators."""
    mark = settings.guard.administrators
    if mark == AdministratorMark():
        return []
    if sum(bool(one) for one in (mark.role, mark.group, mark.attribute)) != 1:
        return ["administrators: say by one of role, group and attribute who is one."]
    if bool(mark.attribute) is not any(mark.values) or not all(mark.values):
        return ["administrators: attribute needs values that mark one, and nothing else has any."]
    if mark.group and (app.groups is None or not settings.groups_enabled):
        return [f"administrators: groups of {app.name} are not provisioned, so none marks one."]
    mappings, _ = effective_mappings(app, settings)
    if mark.attribute and mark.attribute not in {one.target for one in mappings}:
        return [f"administrators: no mapping writes {mark.attribute}."]
    if mark.role and not any(_named(mark.role, one.value, one.display_name) for one in app.roles):
        return [f"administrators: {app.name} has no role {mark.role}."]
    if mark.role and not _role_paths(mappings):
        return [
            "administrators: no mapping writes roles, so the app does not know them. "
            "Map one with SingleAppRoleAssignment, or name an attribute or a group."
        ]
    return []


def mark_of(
    app: GalleryApp, settings: AppSettings, users: ObjectMapping, roles: Sequence[Role]
) -> Mark | None:
    """Return the mark as the walk knows it, none where there is none, or nothing writes it now."""
    mark = settings.guard.administrators
    path, values = mark.attribute, {*mark.values}
    if mark.role:
        path = next(iter(_role_paths(effective_mappings(app, settings)[0])), "")
        values = {one.value for one in roles if _named(mark.role, one.value, one.display)}
    if not mark.group and not (path and values):
        return None
    ended = tuple(sorted(access_without_record(users).items()))
    return Mark(path, frozenset(one.casefold() for one in values), mark.group, ended)


def _named(role: str, *names: str) -> bool:
    return role.casefold() in {one.casefold() for one in names}


def _role_paths(mappings: Sequence[DefaultMapping]) -> list[str]:
    """Return the targets onto which somebody's roles are written."""
    return [
        one.target
        for one in mappings
        if one.expression is not None
        and any(_WRITES_ROLES in called for called in compiled(one.expression).calls)
    ]
