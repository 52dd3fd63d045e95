"""Prepare who is assigned to an app, whom one may assign, and who loses access by an end.

After the walk, pure. Who would lose access is judged by the walk's own ``decide``:
once with the ways in that there are, once without the one that is to end.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views import losing
from seatkeeper.console.views.people import name_of, state_pill
from seatkeeper.console.views.plan_rows import mark_of, outlook_words
from seatkeeper.console.views.values import Pill
from seatkeeper.console.words import number, visible
from seatkeeper.directory.finding import PersonState, state_of
from seatkeeper.directory.model import Assignment, Group, Kind, User
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.provisioning.journal import Whereabouts
from seatkeeper.provisioning.preview import Outlook, outlook
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Grant, Scope
from seatkeeper.provisioning.walk import Answer, Decided, Facts, decide

NAMED: Final = 200
"""So many of those who would lose access, or keep it, are named."""

TAKES_AWAY: Final = frozenset({Outlook.DISABLE, Outlook.DELETE, Outlook.UNLINK})
"""What the app would do with an account that somebody loses."""


@dataclass(frozen=True, slots=True)
class AssignedRow:
    """One assignment as a line."""

    id: str
    kind: str
    name: str
    below: str
    role: str
    nested: bool
    state: Pill | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be assigned. ``value`` names them in the form."""

    value: str
    id: str
    kind: str
    name: str
    below: str
    assigned: bool
    pill: Pill | None


@dataclass
class LeaveEffect:
    """What the end of one assignment leads to, of those who were looked at.

    ``leave`` names the first of those who lose access, ``losing`` are all of them.
    ``does`` counts what the app would do with accounts of people that are there, ``groups`` the
    groups that would go; ``unmade`` are those who have no account yet and would get none.
    """

    looked_at: int = 0
    all_looked_at: bool = True
    does: dict[Outlook, int] = field(default_factory=dict)
    groups: int = 0
    unmade: int = 0
    staying: int = 0
    leave: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    losing: list[tuple[str, str]] = field(default_factory=list)
    stay: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def leaving(self) -> int:
        """How many people would lose access, or their account."""
        return sum(self.does.values())

    def judge(self, facts: Facts, principal: str, rules: Rules) -> None:
        """Look at one record: as it is now, and without this way in."""
        self.looked_at += 1
        without = replace(facts, grants=other_grants(facts, {principal}))
        now, then = _decided(facts, rules), _decided(without, rules)
        was, will = _scope(now), _scope(then)
        name = visible(facts.display_name, 80)
        if facts.link is None:
            self.unmade += was is not None and was.usable and not (will and will.usable)
            return
        does = _outlook(then)
        if does in TAKES_AWAY and _outlook(now) is not does:
            if facts.kind is Kind.USER:
                self.does[does] = self.does.get(does, 0) + 1
            else:
                self.groups += 1
            reason = visible(will.reason if will is not None else "", 200)
            line = (facts.record_id, facts.kind.value, name, outlook_words()[does], mark_of(does))
            self.leave += [(*line, reason)] if len(self.leave) < NAMED else []
            self.losing.append((facts.record_id, name))
        elif will is not None and will.usable:
            self.staying += 1
            stays = (facts.record_id, facts.kind.value, name, visible(will.reason, 200))
            self.stay += [stays] if len(self.stay) < NAMED else []

    def carried(self) -> str:
        """Return what a form remembers of those who lose something, to be told from others."""
        return losing.carried(self.losing)

    def unseen(self, carried: str) -> Sequence[str]:
        """Return the names of those who lose something and are not in what a form remembered."""
        return losing.unseen(self.losing, carried)

    @property
    def told(self) -> Sequence[tuple[str, str]]:
        """What the app would do, as words and numbers."""
        words = outlook_words()
        return [(words[one], number(self.does[one])) for one in Outlook if one in self.does]


def candidate_group(group: Group, members: int, *, assigned: bool) -> Candidate:
    """Return a group as somebody who may be assigned."""
    counted = ngettext("%(num)s member", "%(num)s members", members) % {"num": number(members)}
    name = visible(group.display_name, 80) or group.id
    return Candidate(f"group:{group.id}", group.id, "group", name, counted, assigned, None)


def candidate_person(user: User, *, assigned: bool) -> Candidate:
    """Return a person as somebody who may be assigned; whoever is not active is said to be."""
    state = state_of(user)
    pill = None if state is PersonState.ACTIVE else state_pill(state)
    below = visible(user.user_name, 120)
    return Candidate(f"user:{user.id}", user.id, "user", name_of(user), below, assigned, pill)


def assigned_row(
    one: Assignment,
    who: User | Group | None,
    role: str,
    here: Whereabouts,
    facts: Facts | None,
    off: TargetValues,
) -> AssignedRow:
    """Return an assignment as a line; ``off`` are the values of an account without access."""
    kind = one.principal_kind
    name = who.display_name if who is not None else ""
    return AssignedRow(
        one.principal_id,
        kind.value,
        visible(name or one.principal_id, 80),
        visible(who.user_name, 120) if isinstance(who, User) else "",
        visible(role, 80),
        one.nested,
        _state(kind, here, facts, off),
    )


def _state(kind: Kind, here: Whereabouts, facts: Facts | None, off: TargetValues) -> Pill | None:
    known: Mapping[str, object] = facts.link.known if facts is not None and facts.link else {}
    if here.hold_id:
        return Pill(_("Removal held"), "disable")
    if here.failure:
        return Pill(_("Needs attention"), "disable")
    if here.account_id and off and all(known.get(one) == off[one] for one in off):
        return Pill(_("Deactivated"), "quiet")
    if here.account_id:
        return Pill(_("Has an account") if kind is Kind.USER else _("In the app"), "create")
    return Pill(_("No account yet"), "update") if kind is Kind.USER else None


def other_grants(facts: Facts, principals: Collection[str]) -> Sequence[Grant]:
    """Return the ways in that are left without the assignments of these people and groups."""
    through = [one for one in facts.grants if one.group_id is not None]
    left = through if facts.record_id in principals else facts.grants
    return [one for one in left if one.group_id not in principals]


def _decided(facts: Facts, rules: Rules) -> Answer | None:
    try:
        return decide(facts, rules)
    except RecordError:
        return None


def _scope(answer: Answer | None) -> Scope | None:
    return None if answer is None else answer.scope


def _outlook(answer: Answer | None) -> Outlook:
    return outlook(answer.action) if isinstance(answer, Decided) else Outlook.SKIP
