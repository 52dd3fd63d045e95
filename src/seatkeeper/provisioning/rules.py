"""What one app's configuration means to the walk, compiled and frozen.

Beside the walk: every station gets its part from here, none reads a
configuration document. ``configuration.rules`` makes it from the gallery file
and the settings.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Capabilities
from seatkeeper.provisioning.condition.model import Condition, reads_memberships
from seatkeeper.provisioning.expression.values import Role
from seatkeeper.provisioning.guard import Limits
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.profile import SEATKEEPER, Profile


class ScopeSetting(StrEnum):
    """Who may take part before any filter: those assigned, or everybody."""

    ASSIGNED = "assigned"
    ALL = "all"


class Rehire(StrEnum):
    """What becomes of the account of somebody purged, when a new record answers to it."""

    LINK = "link"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one app.

    ``exclude_default_access`` matters only where the app has enabled roles of
    its own (``has_own_roles``). ``digest`` changes with anything that could
    change a decision; a new digest re-plans everybody, locally. ``roles`` are
    the app's enabled roles by id; ``moment`` is what ``Now`` says. A filter
    that is none lets everybody pass. ``address`` is where the app is; ids of
    accounts are worth something only there.
    """

    app_id: str
    app_name: str
    scope: ScopeSetting
    exclude_default_access: bool
    has_own_roles: bool
    users: ObjectMapping
    groups: ObjectMapping | None
    capabilities: Capabilities
    digest: str
    user_filter: Condition | None = None
    group_filter: Condition | None = None
    skip_out_of_scope_deletions: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    moment: dt.datetime | None = None
    default_domain: str = ""
    rehire: Rehire = Rehire.LINK
    address: str = ""
    limits: Limits = field(default_factory=Limits)
    profile: Profile = SEATKEEPER
    day: dt.datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Work out once what every record would ask again: the midnight before ``moment``."""
        if self.moment is not None:
            midnight = self.moment.replace(hour=0, minute=0, second=0, microsecond=0)
            object.__setattr__(self, "day", midnight)

    @property
    def reads_memberships(self) -> bool:
        """Whether a filter asks who is in which group."""
        return reads_memberships(self.user_filter)

    def mapping(self, kind: Kind) -> ObjectMapping | None:
        """Return the mapping for that kind of record; none where groups are off."""
        return self.users if kind is Kind.USER else self.groups

    def can_create(self, kind: Kind) -> bool:
        """Whether app and configuration let us create that kind."""
        mapping = self.mapping(kind)
        if mapping is None or not mapping.create:
            return False
        if kind is Kind.USER:
            return self.capabilities.users.create
        return self.capabilities.groups is not None and self.capabilities.groups.create

    def can_delete(self, kind: Kind) -> bool:
        """Whether app and configuration let us delete that kind for good."""
        mapping = self.mapping(kind)
        if mapping is None or not mapping.delete:
            return False
        if kind is Kind.USER:
            return self.capabilities.users.delete
        return self.capabilities.groups is not None and self.capabilities.groups.delete
