"""Compile an app's gallery file and settings into the rules that the walk obeys.

Before the walk: the last place that sees documents. Everything after it works
with frozen values that were checked here. The mapping language grows in
``provisioning.mapping``; this page only chooses the source a mapping names.
"""

import hashlib
from typing import Final

import msgspec

from seatkeeper.configuration.filters import usable_filter
from seatkeeper.configuration.settings import AppSettings, effective_mappings
from seatkeeper.directory.model import Application, AppRole, Kind
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp, ObjectType
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    NotSoftDeleted,
    ObjectMapping,
    Source,
    ValueType,
)
from seatkeeper.provisioning.rules import Rules, ScopeSetting

_PLANNER_VERSION: Final = "1"
"""Raised when the same rules would decide otherwise, so that everybody is planned again."""

_ACTIVE_EXPRESSIONS: Final = frozenset(
    {
        "Not([IsSoftDeleted])",
        'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
    }
)
"""The two usual ways to write who may use an account; other expressions are not known yet."""


def application_of(app_id: str, app: GalleryApp, name: str) -> Application:
    """Return a configured instance of a gallery app, with the roles that it offers."""
    roles = tuple(AppRole(role.id, role.value, role.display_name) for role in app.roles)
    return Application(app_id, app.id, name, roles)


def rules_for(app: GalleryApp, application: Application, settings: AppSettings) -> Rules:
    """Return the rules of one configured app.

    Raises ``InvalidValue`` for a mapping whose expression is not known, or a
    scoping filter that cannot be used.
    """
    user_mappings, group_mappings = effective_mappings(app, settings)
    users = _object_mapping(Kind.USER, app.users, user_mappings)
    groups = None
    if app.groups is not None and group_mappings is not None:
        groups = _object_mapping(Kind.GROUP, app.groups, group_mappings)
    capabilities = capabilities_of(app)
    user_filter = usable_filter(settings.user_filter, Kind.USER)
    group_filter = usable_filter(settings.group_filter, Kind.GROUP)
    judged = (
        _PLANNER_VERSION,
        settings.scope,
        settings.exclude_default_access,
        [role.id for role in application.roles if role.enabled],
        repr((users, groups, capabilities)),
        repr((user_filter, group_filter)),
        settings.skip_out_of_scope_deletions,
    )
    return Rules(
        application.id,
        settings.name,
        ScopeSetting(settings.scope),
        settings.exclude_default_access,
        application.has_own_roles,
        users,
        groups,
        capabilities,
        hashlib.sha256(msgspec.json.encode(judged)).hexdigest(),
        user_filter,
        group_filter,
        settings.skip_out_of_scope_deletions,
    )


def _object_mapping(
    kind: Kind, objects: ObjectType, mappings: tuple[DefaultMapping, ...]
) -> ObjectMapping:
    by_path = {attribute.path: attribute for attribute in objects.attributes}
    compiled = []
    for mapping in mappings:
        attribute = by_path[mapping.target]
        compiled.append(
            Mapping(
                mapping.target,
                _source(mapping),
                ValueType(attribute.type.value),
                Applies(mapping.applies),
                mapping.default,
                mapping.matching,
                attribute.required,
                attribute.unique,
                attribute.case_exact,
                attribute.multi_valued,
            )
        )
    return ObjectMapping(kind, tuple(compiled))


def _source(mapping: DefaultMapping) -> Source:
    if mapping.attribute is not None:
        return Direct(mapping.attribute)
    if mapping.constant is not None:
        return Constant(mapping.constant)
    if mapping.expression in _ACTIVE_EXPRESSIONS:
        return NotSoftDeleted()
    raise InvalidValue(
        f"The expression of {mapping.target} is not known: {mapping.expression}.",
        advice="Map an attribute or a fixed text; of expressions only "
        f"{' and '.join(sorted(_ACTIVE_EXPRESSIONS))} are understood so far.",
    )
