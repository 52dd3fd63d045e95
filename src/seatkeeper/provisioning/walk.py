"""The stations in order, for one record: what a preview, a test and a live cycle all call.

    source change -> [scope -> map -> match -> plan] -> export -> log

Facts come in, one decision comes out. A record that needs a look-up in the app
stops half way with the questions to ask (``NeedsMatch``) and goes on with the
answer (``decide_matched``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.account import Account, TargetValue, TargetValues
from seatkeeper.provisioning.confirm import check_held
from seatkeeper.provisioning.decision import Situation, choose, unwanted
from seatkeeper.provisioning.expression.values import Role
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import (
    Circumstances,
    Desired,
    access_without_record,
    want_access,
    want_group,
    want_user,
)
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.match import (
    Claim,
    Question,
    claims,
    claims_of_changes,
    questions,
)
from seatkeeper.provisioning.plan import (
    Action,
    Reason,
    Skip,
    Update,
)
from seatkeeper.provisioning.reference import Resolved, resolve
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Check, Grant, Scope, judge_group, judge_user
from seatkeeper.provisioning.undone import (
    NOTHING_SPARED,
    Spared,
    Undone,
    leave,
    spared,
    without,
)


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of values that are new each time (``Guid``, ``SelectUniqueValue``, ...).

    ``seed`` makes the random ones, ``taken`` (case folded) are values that
    other accounts have, ``chosen`` are those that planning settled on.
    """

    seed: str = ""
    taken: frozenset[str] = frozenset()
    chosen: TargetValues = field(default_factory=dict)


NOTHING_MADE: Final = Made()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one record and one app when a decision is made.

    ``record`` is none when the directory no longer has it. ``accounts`` maps
    record ids to account ids for the ends of the record's references, ``names``
    has the names of those ends that have no account, and of a record that is gone
    where somebody asked for it by name. ``made`` is about values
    that are made anew at creation. ``member_of`` names the groups a person is a
    direct member of, by id; it is filled where the app's rules read it. ``undone``
    are values that somebody took back.
    """

    kind: Kind
    record_id: str
    record: User | Group | None
    grants: Sequence[Grant] = ()
    link: Link | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    member_of: Mapping[str, str] = field(default_factory=dict)
    made: Made = NOTHING_MADE
    names: Mapping[str, str] = field(default_factory=dict)
    undone: Undone = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The best name to show to people."""
        if self.record is not None:
            return self.record.display_name
        known = self.link.display_name if self.link else ""
        return known or self.names.get(self.record_id, self.record_id)

    def called(self, account: TargetValue | None) -> str | None:
        """Return the name of whom an account at the end of a reference belongs to, if known."""
        records = {theirs: record for record, theirs in self.accounts.items()}
        return self.names.get(records.get(str(account), ""))

    def named(self, waiting: Mapping[str, str]) -> dict[str, str]:
        """Return references that wait, each with the name of the record it waits for."""
        return {path: self.names.get(missing, missing) for path, missing in waiting.items()}


@dataclass(frozen=True, slots=True)
class Decided:
    """The walk's answer: the action, why, and which references wait for their other end.

    ``spared`` says which values that were undone it leaves alone.
    """

    scope: Scope
    action: Action
    desired: Desired | None = None
    waiting: Mapping[str, str] = field(default_factory=dict)
    spared: Spared = NOTHING_SPARED


@dataclass(frozen=True, slots=True)
class NeedsMatch:
    """The record has no link and should have an account: these questions come first."""

    scope: Scope
    desired: Desired
    waiting: Mapping[str, str]
    questions: Sequence[Question]
    claims: Sequence[Claim]


Answer: TypeAlias = Decided | NeedsMatch

_GONE = Scope(
    entitled=False,
    active=False,
    checks=(Check("active", passed=False, text="no longer exists in the directory"),),
)


def decide(facts: Facts, rules: Rules) -> Answer:
    """Walk one record as far as it goes without asking the app.

    Raises ``RecordError`` when this record cannot be provisioned as it is.
    """
    mapping = _mapping(facts.kind, rules)
    if facts.link is not None:
        check_held(facts.link, rules.app_id)
    if facts.record is None:
        if facts.link is None:
            return Decided(_GONE, Skip(Reason.NOT_ENTITLED, _GONE.reason))
        access = access_without_record(mapping)
        return Decided(
            _GONE, choose(_situation(facts, _GONE, rules, mapping, access=access, gone=True))
        )
    scope = scope_of(facts, rules)
    if facts.link is None:
        stranger = unwanted(scope)
        if stranger is not None:
            return Decided(scope, stranger)
        resolved = _wanted(facts, scope, rules)
        asked = questions(resolved.desired, mapping)
        return NeedsMatch(
            scope, resolved.desired, resolved.waiting, asked, claims(resolved.desired, mapping)
        )
    access = {} if scope.usable else _access(facts, rules)
    desired, waiting = None, {}
    try:
        resolved = _wanted(facts, scope, rules)
        desired, waiting = resolved.desired, dict(resolved.waiting) if scope.entitled else {}
    except RecordError:
        if scope.usable:
            raise
        # A value that cannot be made must not keep anybody's access alive.
    left = NOTHING_SPARED
    if facts.undone:
        staying = scope.entitled and desired is not None
        wanted = desired.always if staying and desired is not None else access
        left = spared(facts.undone, facts.link.known, wanted, mapping)
        access = without(access, left.kept)
        desired = leave(desired, left.kept) if desired is not None else None
    situation = _situation(facts, scope, rules, mapping, desired=desired, access=access)
    situation.spared = left.kept
    return Decided(scope, choose(situation), desired, waiting, left)


def decide_matched(facts: Facts, needs: NeedsMatch, found: Account | None, rules: Rules) -> Decided:
    """Go on with the account that matching found, or none."""
    mapping = _mapping(facts.kind, rules)
    situation = Situation(
        facts.kind, needs.scope, rules, mapping, desired=needs.desired, found=found
    )
    return Decided(needs.scope, choose(situation), needs.desired, needs.waiting)


def takes(answer: Answer, mapping: ObjectMapping) -> Sequence[Claim]:
    """Return the unique values that a record would begin to have, so that two can clash.

    Nothing of a removal: losing access waits for nobody's value.
    """
    if isinstance(answer, NeedsMatch):
        return answer.claims
    action = answer.action
    if not isinstance(action, Update) or action.found is not None:
        return ()
    return claims_of_changes(action.changes, mapping)


def _situation(
    facts: Facts,
    scope: Scope,
    rules: Rules,
    mapping: ObjectMapping,
    *,
    desired: Desired | None = None,
    access: TargetValues,
    gone: bool = False,
) -> Situation:
    return Situation(facts.kind, scope, rules, mapping, facts.link, desired, access, gone=gone)


def _mapping(kind: Kind, rules: Rules) -> ObjectMapping:
    mapping = rules.mapping(kind)
    if mapping is None:
        message = f"the {kind} mapping of {rules.app_id} is off; nothing of it is planned"
        raise ValueError(message)
    return mapping


def scope_of(facts: Facts, rules: Rules) -> Scope:
    """Return the record's scope; a record that is gone is out of everything."""
    if isinstance(facts.record, User):
        return judge_user(facts.record, facts.grants, rules, facts.member_of)
    if isinstance(facts.record, Group):
        return judge_group(facts.record, facts.grants, rules)
    return _GONE


def _wanted(facts: Facts, scope: Scope, rules: Rules) -> Resolved:
    about = _circumstances(facts, rules, entitled=scope.entitled)
    if isinstance(facts.record, User):
        desired = want_user(facts.record, rules.users, about)
    else:
        assert isinstance(facts.record, Group)  # noqa: S101 - a record is a user or a group
        assert rules.groups is not None  # noqa: S101 - a group without mapping is never walked
        desired = want_group(facts.record, rules.groups, about)
    return resolve(desired, facts.accounts)


def _access(facts: Facts, rules: Rules) -> TargetValues:
    if not isinstance(facts.record, User):
        return {}
    return want_access(facts.record, rules.users, _circumstances(facts, rules, entitled=False))


def _circumstances(facts: Facts, rules: Rules, *, entitled: bool) -> Circumstances:
    return Circumstances(
        entitled=entitled,
        creating=facts.link is None,
        roles=roles_of(facts.grants, rules),
        now=rules.moment,
        day=rules.day,
        default_domain=rules.default_domain,
        seed=facts.made.seed,
        taken=facts.made.taken,
        chosen=facts.made.chosen,
    )


def roles_of(grants: Sequence[Grant], rules: Rules) -> Sequence[Role]:
    """Return the app's own roles that reach a record, each once, in the order of their values."""
    found = {rules.roles[grant.role_id] for grant in grants if grant.role_id in rules.roles}
    return sorted(found)
