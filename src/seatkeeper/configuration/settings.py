"""The settings of one app, as they are stored, and the mappings that follow from them.

Before the walk: what an administrator decided for one app. Mappings are kept
as changes over the gallery's defaults, so a gallery that improves reaches
apps that did not differ. Whether settings fit their app is judged in
``check``; how they are written as a document in ``documents``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import (
    AppliesWord,
    DefaultMapping,
    FlowBehaviorWord,
    GalleryApp,
    ObjectType,
    WhenNullWord,
)

AttributeWord: TypeAlias = Literal["string", "boolean", "integer", "reference", "complex"]
ReferencedWord: TypeAlias = Literal["User", "Group"]
ActionWord: TypeAlias = Literal["create", "update", "delete"]

ACTIONS: Final[tuple[ActionWord, ...]] = ("create", "update", "delete")
"""The actions that may reach the app, in the order in which they are written."""

INTERVAL: Final = 2400
"""Seconds from one cycle to the next where nothing else is set (40 minutes)."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the settings; what nobody knows is a fault, not a silence."""


class MappingChange(_Strict, frozen=True, omit_defaults=True):
    """One change over the default mapping onto ``target``, or a mapping of one's own.

    At most one of ``attribute``, ``constant``, ``expression`` replaces what
    the value comes from; what is left out stays as the gallery has it. A
    mapping of one's own may have a ``default`` alone: it goes where the app
    has no value; ``no_source`` makes such a mapping of one that the gallery has.
    An empty ``default`` takes the default value away, ``remove`` the mapping.
    """

    target: str
    attribute: str | None = None
    constant: str | None = None
    expression: str | None = None
    default: str | None = None
    applies: AppliesWord | None = None
    matching: int | None = None
    when_null: WhenNullWord | None = None
    flow_behavior: FlowBehaviorWord | None = None
    no_source: bool = False
    remove: bool = False

    @property
    def sources(self) -> int:
        """How many sources are named, none of them counting as one; two are a fault."""
        named = (self.attribute, self.constant, self.expression)
        return sum(one is not None for one in named) + self.no_source


class AttributeChange(_Strict, frozen=True, omit_defaults=True):
    """One attribute of one's own, or a change over the gallery's attribute of that ``path``.

    What is left out stays as the gallery has it, or for one's own as
    ``TargetAttribute`` begins. ``references`` names what a reference leads to.
    """

    path: str
    type: AttributeWord | None = None
    required: bool | None = None
    unique: bool | None = None
    case_exact: bool | None = None
    multi_valued: bool | None = None
    references: ReferencedWord | None = None


class Notification(_Strict, frozen=True):
    """Who is told, and whether: e-mail addresses with commas between, a webhook, which kinds.

    No kinds: all of them.
    """

    email: str = ""
    on_failure: bool = False
    webhook: str = ""
    kinds: tuple[str, ...] = ()


class Timing(_Strict, frozen=True, omit_defaults=True):
    """When cycles run, beside their interval.

    ``immediate``: a change of the directory is carried out at once. ``windows``
    are cron expressions: a cycle begins only in the minutes that one of them
    names. In ``quiet`` hours (``22:00-06:00``) nothing is sent. Both are read
    on the clock of ``time_zone``.
    """

    immediate: bool = False
    windows: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    time_zone: str = "UTC"


class Reconciling(_Strict, frozen=True, omit_defaults=True):
    """How often the app is read again (0: only by hand), and whether what differs is repaired."""

    every_seconds: int = 0
    action: Literal["report", "repair"] = "report"


class GuardLimit(_Strict, frozen=True):
    """So many removals without a person's word, or such a part of all, whichever is more."""

    at_least: int
    percent: int


class AdministratorMark(_Strict, frozen=True, omit_defaults=True, kw_only=True):
    """What marks an administrator of the app: one of ``role``, ``group`` and ``attribute``.

    ``role`` is a role of the app that a mapping writes, ``group`` the name of a group that is
    written to the app, ``attribute`` a target of a mapping, with the ``values`` that mark one.
    """

    role: str = ""
    group: str = ""
    attribute: str = ""
    values: tuple[str, ...] = ()


class DeletionGuard(_Strict, frozen=True, omit_defaults=True, kw_only=True):
    """How many removals may leave by themselves; all are changed together with a reason.

    ``access`` is people who lose access in one cycle, ``members`` memberships
    that end, ``values`` one attribute that becomes empty; ``source_in_a_day`` people whom a
    source takes away, of all it told of, of one department or group. ``protected`` are user
    names of people whose access is never taken away without a person's word.
    ``four_eyes``: what is held leaves only by the word of two people. ``administrators``:
    what marks those of the app, of whom the last is not removed without a word.
    """

    enabled: bool = True
    reason: str = ""
    access: GuardLimit = GuardLimit(at_least=3, percent=2)
    access_in_a_day: GuardLimit = GuardLimit(at_least=3, percent=5)
    groups: GuardLimit = GuardLimit(at_least=1, percent=5)
    members: GuardLimit = GuardLimit(at_least=20, percent=10)
    values: GuardLimit = GuardLimit(at_least=10, percent=10)
    source_in_a_day: GuardLimit = GuardLimit(at_least=3, percent=20)
    protected: tuple[str, ...] = ()
    four_eyes: bool = False
    administrators: AdministratorMark = AdministratorMark()


class AppSettings(_Strict, frozen=True, kw_only=True):
    """Everything an administrator decides for one app but its assignments and its secret.

    ``requests_per_second`` replaces the limit that the gallery file gives; ``bulk``:
    whether several people are written in one request where the app offers it;
    ``secret_expires`` is the day (ISO) on which the app's token ends, where it is known.
    ``user_actions`` and ``group_actions`` are those that may reach the app.
    The filters are trees as ``provisioning.condition.plain`` writes them.
    With ``skip_out_of_scope_deletions`` an account whose person merely left the
    scope stays as it is. ``rehire``: whether the account of somebody purged
    passes on to a new record that answers to it, or that waits for a person.
    ``profile``: whose numbers say when failures stop the app, and when they are tried again.
    """

    gallery: str
    name: str
    exclude_default_access: bool
    tenant_url: str = ""
    allow_loopback: bool = False
    requests_per_second: int | None = None
    bulk: Literal["off", "auto"] = "off"
    secret_expires: str = ""
    mode: Literal["manual", "automatic"] = "manual"
    status: Literal["on", "off"] = "off"
    scope: Literal["assigned", "all"] = "assigned"
    interval_seconds: int = INTERVAL
    timing: Timing = Timing()
    notification: Notification = Notification()
    users: tuple[MappingChange, ...] = ()
    groups: tuple[MappingChange, ...] = ()
    groups_enabled: bool = True
    user_filter: dict[str, Any] | None = None
    group_filter: dict[str, Any] | None = None
    skip_out_of_scope_deletions: bool = False
    rehire: Literal["link", "ask"] = "link"
    guard: DeletionGuard = DeletionGuard()
    profile: Literal["seatkeeper", "reference"] = "seatkeeper"
    reconcile: Reconciling = Reconciling()
    user_actions: tuple[ActionWord, ...] = ACTIONS
    group_actions: tuple[ActionWord, ...] = ACTIONS
    user_attributes: tuple[AttributeChange, ...] = ()
    group_attributes: tuple[AttributeChange, ...] = ()


def default_settings(app: GalleryApp) -> AppSettings:
    """Return the settings of an app that was just added and is connected to nothing."""
    return AppSettings(
        gallery=app.id, name=app.name, exclude_default_access=app.exclude_default_access
    )


def to_plain(settings: AppSettings) -> dict[str, object]:
    """Return settings as plain data for ``StoredApp.settings``."""
    plain: dict[str, object] = msgspec.to_builtins(settings)
    return plain


def from_plain(plain: Mapping[str, object]) -> AppSettings:
    """Return stored settings. Raises ``InvalidValue`` naming the field that is wrong."""
    try:
        return msgspec.convert(plain, AppSettings)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"The stored settings cannot be used: {error}.") from error


def effective_mappings(
    app: GalleryApp, settings: AppSettings
) -> tuple[tuple[DefaultMapping, ...], tuple[DefaultMapping, ...] | None]:
    """Return the mappings for users, and for groups (none: groups are not provisioned).

    Defaults keep their place, mappings of one's own follow. Settings that
    ``check`` refuses give mappings that make no sense.
    """
    users = changed_mappings(app.users, settings.users)
    if app.groups is None or not settings.groups_enabled:
        return users, None
    return users, changed_mappings(app.groups, settings.groups)


def changed_mappings(
    objects: ObjectType, changes: Sequence[MappingChange]
) -> tuple[DefaultMapping, ...]:
    """Return the default mappings of users or groups with the changes carried out."""
    by_target = {change.target: change for change in changes}
    defaults = {mapping.target: mapping for mapping in objects.mappings}
    kept = [
        _changed(mapping, by_target.get(mapping.target))
        for mapping in objects.mappings
        if mapping.target not in by_target or not by_target[mapping.target].remove
    ]
    own = [
        _changed(DefaultMapping(change.target), change)
        for change in by_target.values()
        if change.target not in defaults and not change.remove
    ]
    return (*kept, *own)


def _changed(mapping: DefaultMapping, change: MappingChange | None) -> DefaultMapping:
    if change is None:
        return mapping
    replaced = change if change.sources else mapping
    return DefaultMapping(
        target=mapping.target,
        attribute=replaced.attribute,
        constant=replaced.constant,
        expression=replaced.expression,
        default=mapping.default if change.default is None else change.default or None,
        applies=change.applies or mapping.applies,
        matching=mapping.matching if change.matching is None else change.matching,
        when_null=change.when_null or mapping.when_null,
        flow_behavior=change.flow_behavior or mapping.flow_behavior,
    )
