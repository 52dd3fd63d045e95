"""Decide who takes part, and say why.

    source change -> [scope] -> map -> match -> plan -> export -> log

The answer is never a bare verdict: it carries the checks that led to it with
the facts they read, for the log and for ``explain``. Nothing here knows what
the app holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.directory.model import DEFAULT_ACCESS, Group, User
from seatkeeper.provisioning.condition.judge import judge, values_of
from seatkeeper.provisioning.condition.model import Condition
from seatkeeper.provisioning.rules import Rules, ScopeSetting

SHOWN_GROUPS: Final = 10
"""Most groups named of one way; people stop reading long before, and the log keeps every word."""

NO_GROUPS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Grant:
    """One assignment that reaches a record, directly or through a group it is a member of.

    ``group_id`` is the group that is assigned. ``below`` names the groups that
    lead from there down to the one that the record is a direct member of.
    """

    role_id: str = DEFAULT_ACCESS
    role_name: str = "Default Access"
    group_id: str | None = None
    group_name: str | None = None
    below: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """How it reaches the record, in words."""
        way = [self.group_name or "", *self.below]
        if len(way) > SHOWN_GROUPS:
            half = SHOWN_GROUPS // 2
            way = [*way[:half], f"({len(way) - 2 * half} more)", *way[-half:]]
        through = f"through group {' > '.join(way)}" if self.group_id else "directly"
        return f"{through}, role {self.role_name}"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: passed, failed, or (none) open.

    ``reached`` is false where an earlier check has decided; ``text`` is then
    what is known all the same.
    """

    name: str
    passed: bool | None
    text: str
    facts: dict[str, object] = field(default_factory=dict)
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether a record takes part, and the checks that say why.

    ``entitled``: assigned (or everybody is in scope) in a role that counts.
    ``active``: enabled and not deleted at the source. Only both together give
    an account that can be used.
    """

    entitled: bool
    active: bool
    checks: tuple[Check, ...]

    @property
    def usable(self) -> bool:
        """Whether the account should be usable (``not IsSoftDeleted``)."""
        return self.entitled and self.active

    @property
    def reason(self) -> str:
        """The first failing check in words, or what speaks for the record where none fails."""
        failing = (check.text for check in self.checks if check.passed is False)
        return next(failing, " and ".join(self._in_favour))

    @property
    def _in_favour(self) -> tuple[str, ...]:
        """What lets the record in; that it exists, and that no filter is set, tells nobody why."""
        return tuple(check.text for check in self.checks if check.name != "active" and check.facts)


_ACTIVE: Final = Check(
    "active",
    passed=True,
    text="exists and is active in the directory",
    facts={"IsActive": "True", "accountEnabled": True},
)
_EVERYBODY: Final = Check(
    "assigned",
    passed=True,
    text="everybody is in scope",
    facts={
        "Assigned": "False",
        "IsEffectivelyEntitledForProvisioning": "False",
        "scope": ScopeSetting.ALL.value,
        "assignments": [],
    },
)
_NO_FILTER: Final = Check("filters", passed=True, text="no scoping filter is set")


def judge_user(
    user: User, grants: Sequence[Grant], rules: Rules, member_of: Mapping[str, str] = NO_GROUPS
) -> Scope:
    """Decide whether this person should have a usable account in the app.

    ``member_of`` names the groups they are a direct member of, by id.
    """
    active = _active_check(user)
    assigned = _assignment_check(grants, rules)
    filtered = _filter_check(user, rules.user_filter, member_of)
    return Scope(
        entitled=bool(assigned.passed and filtered.passed),
        active=bool(active.passed),
        checks=(active, assigned, filtered),
    )


def judge_group(group: Group, grants: Sequence[Grant], rules: Rules) -> Scope:
    """Decide whether a group should exist in the app, by its own assignments and the filter."""
    assigned = _assignment_check(grants, rules)
    filtered = _filter_check(group, rules.group_filter, NO_GROUPS)
    return Scope(
        entitled=bool(assigned.passed and filtered.passed),
        active=True,
        checks=(assigned, filtered),
    )


def counting_grants(grants: Sequence[Grant], rules: Rules) -> list[Grant]:
    """Return the grants that give access: all, or only those with a role of the app's own.

    Default Access is left out where the app has enabled roles and the switch
    is on, as the tutorial of 2019 says (provisioning behaviour 1.7).
    """
    if rules.exclude_default_access and rules.has_own_roles:
        return [grant for grant in grants if grant.role_id != DEFAULT_ACCESS]
    return list(grants)


def _active_check(user: User) -> Check:
    if user.active:
        return _ACTIVE
    facts: dict[str, object] = {"IsActive": str(user.active), "accountEnabled": user.enabled}
    if user.deleted_at is not None:
        day = user.deleted_at.date().isoformat()
        facts["deletedAt"] = user.deleted_at.isoformat()
        return Check("active", passed=False, text=f"was deleted on {day}", facts=facts)
    return Check("active", passed=False, text="is disabled in the directory", facts=facts)


def _assignment_check(grants: Sequence[Grant], rules: Rules) -> Check:
    if not grants and rules.scope is ScopeSetting.ALL:
        return _EVERYBODY
    counting = counting_grants(grants, rules)
    facts: dict[str, object] = {
        "Assigned": str(bool(grants)),
        "IsEffectivelyEntitledForProvisioning": str(bool(counting)),
        "scope": rules.scope.value,
        "assignments": [grant.path for grant in grants],
    }
    if rules.scope is ScopeSetting.ALL:
        return Check("assigned", passed=True, text="everybody is in scope", facts=facts)
    if counting:
        paths = "; ".join(grant.path for grant in counting)
        return Check("assigned", passed=True, text=f"is assigned {paths}", facts=facts)
    if grants:
        paths = "; ".join(grant.path for grant in grants)
        return Check(
            "assigned",
            passed=False,
            text=f"is assigned only with Default Access ({paths}), which {rules.app_name} excludes",
            facts=facts,
        )
    return Check("assigned", passed=False, text=f"is not assigned to {rules.app_name}", facts=facts)


def _filter_check(
    record: User | Group, condition: Condition | None, member_of: Mapping[str, str]
) -> Check:
    if condition is None:
        return _NO_FILTER
    judged = judge(condition, values_of(record), member_of)
    word = "passes" if judged.verdict else "fails"
    text = f"{word} the scoping filter: {judged.sentence}"
    return Check("filters", passed=judged.verdict, text=text, facts=judged.facts())
