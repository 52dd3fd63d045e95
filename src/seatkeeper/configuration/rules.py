"""Compile an app's gallery file and settings into the rules that the walk obeys.

Before the walk: the last place that sees documents. Everything after it works
with frozen values that were checked here.
"""

import datetime as dt
import hashlib
from typing import Final
from urllib.parse import urlsplit

import msgspec

from seatkeeper.configuration.administrator_mark import mark_of
from seatkeeper.configuration.attributes import customized
from seatkeeper.configuration.filters import usable_filter
from seatkeeper.configuration.guard import limits_of
from seatkeeper.configuration.settings import ActionWord, AppSettings, effective_mappings
from seatkeeper.directory.model import Application, AppRole, Kind
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp, ObjectType
from seatkeeper.provisioning.expression.compile import Expression, compiled
from seatkeeper.provisioning.expression.values import Role
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    Nothing,
    ObjectMapping,
    Source,
    ValueType,
    WhenNull,
)
from seatkeeper.provisioning.profile import PROFILES, ProfileName
from seatkeeper.provisioning.rules import Rehire, Rules, ScopeSetting

_PLANNER_VERSION: Final = "3"
"""Raised when the same rules would decide otherwise, so that everybody is planned again."""


def application_of(app_id: str, app: GalleryApp, name: str) -> Application:
    """Return a configured instance of a gallery app, with the roles that it offers."""
    roles = tuple(AppRole(role.id, role.value, role.display_name) for role in app.roles)
    return Application(app_id, app.id, name, roles)


def rules_for(
    app: GalleryApp,
    application: Application,
    settings: AppSettings,
    *,
    moment: dt.datetime | None = None,
    default_domain: str = "",
) -> Rules:
    """Return the rules of one configured app.

    ``moment`` is what ``Now`` says; where a mapping reads it, a new day is a
    new digest, so that everybody is planned again. Raises ``ExpressionFault``
    for an expression that cannot be used, ``InvalidValue`` for a scoping filter.
    """
    app = customized(app, settings)
    user_mappings, group_mappings = effective_mappings(app, settings)
    users = object_mapping(Kind.USER, app.users, user_mappings, settings.user_actions)
    groups = None
    if app.groups is not None and group_mappings is not None:
        groups = object_mapping(Kind.GROUP, app.groups, group_mappings, settings.group_actions)
    capabilities = capabilities_of(app)
    expressions = [*users.expressions, *(groups.expressions if groups else ())]
    reads_now = any(one.reads_now for one in expressions)
    reads_domain = any("DefaultDomain" in one.calls for one in expressions)
    roles = {
        role.id: Role(role.value, role.display_name, role.id)
        for role in application.roles
        if role.enabled
    }
    user_filter = usable_filter(settings.user_filter, Kind.USER)
    group_filter = usable_filter(settings.group_filter, Kind.GROUP)
    address = _address(settings.tenant_url)
    judged = (
        _PLANNER_VERSION,
        settings.scope,
        settings.exclude_default_access,
        list(roles),
        repr((users, groups, capabilities)),
        moment.date().isoformat() if reads_now and moment is not None else "",
        default_domain if reads_domain else "",
        repr((user_filter, group_filter)),
        settings.skip_out_of_scope_deletions,
        settings.rehire,
        address,
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
        roles,
        moment,
        default_domain,
        Rehire(settings.rehire),
        address,
        limits_of(settings.guard, mark_of(app, settings, users, list(roles.values()))),
        PROFILES[ProfileName(settings.profile)],
    )


def _address(url: str) -> str:
    """Return an address so that two spellings of it are one."""
    parts = urlsplit(url.strip())
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}" if url else ""


def object_mapping(
    kind: Kind,
    objects: ObjectType,
    mappings: tuple[DefaultMapping, ...],
    actions: tuple[ActionWord, ...],
) -> ObjectMapping:
    """Return the compiled mappings of one kind of record. Raises ``ExpressionFault``."""
    by_path = {attribute.path: attribute for attribute in objects.attributes}
    made = []
    for mapping in mappings:
        attribute = by_path[mapping.target]
        source = _source(mapping)
        made.append(
            Mapping(
                mapping.target,
                source,
                ValueType(attribute.type.value),
                _applies(mapping, source),
                mapping.default,
                mapping.matching,
                attribute.required,
                attribute.unique,
                attribute.case_exact,
                attribute.multi_valued,
                WhenNull(mapping.when_null),
            )
        )
    return ObjectMapping(
        kind,
        tuple(made),
        create="create" in actions,
        update="update" in actions,
        delete="delete" in actions,
    )


def _applies(mapping: DefaultMapping, source: Source) -> Applies:
    """Return when the value is written; two kinds of source have a say in it.

    ``AppRoleAssignmentsComplex`` only ever adds roles; its assertive sister also removes.
    """
    said = Applies(mapping.applies)
    if isinstance(source, Nothing):
        return Applies.IF_EMPTY
    adds = isinstance(source, Expression) and "AppRoleAssignmentsComplex" in source.calls
    return Applies.VALUE_ADD if adds and said is Applies.ALWAYS else said


def _source(mapping: DefaultMapping) -> Source:
    if mapping.attribute is not None:
        return Direct(mapping.attribute)
    if mapping.constant is not None:
        return Constant(mapping.constant)
    return Nothing() if mapping.expression is None else compiled(mapping.expression)
