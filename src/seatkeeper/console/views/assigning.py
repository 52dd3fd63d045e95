"""Prepare what an assignment would do before it is saved: who comes in, who not, and why.

After the walk, pure; the mirror of ``assignments.LeaveEffect``. The walk's own ``decide`` is
asked twice about everybody who is reached: with the ways in that there are, and with those
that are asked for in their place. What it cannot know is whether the app holds an account already.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeAlias

from seatkeeper.console.language import _
from seatkeeper.console.views import losing
from seatkeeper.console.views.assignments import TAKES_AWAY, other_grants
from seatkeeper.console.views.plan import Tile
from seatkeeper.console.views.plan_rows import change_text, mark_of, outlook_words
from seatkeeper.console.words import number, visible
from seatkeeper.directory.model import Assignment, Kind
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.log import modified
from seatkeeper.provisioning.plan import Update
from seatkeeper.provisioning.preview import Outlook, outlook
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, decide

_FIGURES: Final = 2


class Comes(StrEnum):
    """What becomes of somebody whom the assignment reaches; in the order in which it is read."""

    LOSES = "loses"
    GETS = "gets"
    UPDATED = "updated"
    NOT = "not"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Way:
    """One assignment that is asked for, with the one in whose place it comes, if any.

    ``name`` is that of the person or group; ``groups`` are those whose members it reaches.
    """

    asked: Assignment
    before: Assignment | None
    name: str
    role: str
    groups: frozenset[str] = frozenset()

    @property
    def is_new(self) -> bool:
        """Whether saving it would change anything."""
        return self.asked != self.before

    def grant(self, facts: Facts) -> Grant | None:
        """Return the way in that somebody would have by it, or none."""
        who, role = self.asked.principal_id, self.asked.role_id
        if facts.record_id == who:
            return Grant(role, self.role)
        if facts.kind is Kind.USER and not self.groups.isdisjoint(facts.member_of):
            return Grant(role, self.role, who, self.name)
        return None


@dataclass(frozen=True, slots=True)
class JoinLine:
    """One person or group with what would become of them."""

    id: str
    kind: str
    name: str
    mark: str
    words: str
    why: str


@dataclass
class JoinEffect:
    """What assignments would do, of those who were looked at; ``reached`` counts all members.

    ``people`` are those who are reached, by what becomes of them; ``groups`` what becomes of the
    assigned groups themselves, in an app that has groups.
    """

    ways: Sequence[Way]
    all_looked_at: bool = True
    looked_at: int = 0
    reached: int = 0
    people: dict[Comes, list[JoinLine]] = field(default_factory=lambda: {one: [] for one in Comes})
    groups: list[tuple[Comes, JoinLine]] = field(default_factory=list)

    @property
    def gets(self) -> int:
        """How many people would get an account."""
        return len(self.people[Comes.GETS])

    @property
    def about(self) -> int:
        """How many that makes of all who are reached, in two figures, where some were looked at."""
        if self.all_looked_at or not self.looked_at:
            return self.gets
        return rounded(self.gets * max(self.reached, self.looked_at) / self.looked_at)

    @property
    def loses(self) -> int:
        """How many people would lose access or their account."""
        return len(self.people[Comes.LOSES])

    @property
    def takes_away(self) -> bool:
        """Whether anybody, person or group, would lose something."""
        return bool(self._losing)

    @property
    def is_new(self) -> bool:
        """Whether saving would change any assignment."""
        return any(one.is_new for one in self.ways)

    def judge(self, facts: Facts, rules: Rules) -> None:
        """Look at one record: as it is now, and with what is asked for."""
        gone = {one.asked.principal_id for one in self.ways}
        coming = [grant for one in self.ways if (grant := one.grant(facts)) is not None]
        then = replace(facts, grants=[*other_grants(facts, gone), *coming])
        comes, line = _fate(facts, _answer(facts, rules), _answer(then, rules), rules)
        if facts.kind is Kind.USER:
            self.looked_at += 1
            self.people[comes].append(line)
        else:
            self.groups.append((comes, line))

    @property
    def shown_first(self) -> Comes:
        """Whom the page shows unasked: who loses something, then who gets it."""
        return next((one for one in Comes if self.people[one]), Comes.GETS)

    def tiles(self, address: Callable[[Comes], str], chosen: Comes) -> Sequence[Tile]:
        """Return what is counted as tiles that each lead to the names behind it."""
        words = {
            Comes.LOSES: (_("Lose access"), "disable"),
            Comes.GETS: (_("Get an account"), "create"),
            Comes.UPDATED: (_("Are updated"), "update"),
            Comes.NOT: (_("Get none"), "skip"),
            Comes.STAYS: (_("Nothing new"), "unchanged"),
        }
        return [
            Tile(text, number(len(self.people[one])), address(one), one is chosen, mark)
            for one, (text, mark) in words.items()
            if one is not Comes.LOSES or self.people[one]
        ]

    def carried(self) -> str:
        """Return what a form remembers of those who lose something, to be told from others."""
        return losing.carried(self._losing)

    def unseen(self, carried: str) -> Sequence[str]:
        """Return the names of those who lose something and are not in what a form remembered."""
        return losing.unseen(self._losing, carried)

    @property
    def _losing(self) -> Sequence[tuple[str, str]]:
        groups = [line for comes, line in self.groups if comes is Comes.LOSES]
        return [(one.id, one.name) for one in (*groups, *self.people[Comes.LOSES])]


def rounded(many: float) -> int:
    """Return an estimate with no more figures than it is worth."""
    whole = round(many)
    return round(whole, min(0, _FIGURES - len(str(whole))))


_Judged: TypeAlias = Answer | RecordError


def _answer(facts: Facts, rules: Rules) -> _Judged:
    try:
        return decide(facts, rules)
    except RecordError as error:
        return error


def _fate(facts: Facts, now: _Judged, then: _Judged, rules: Rules) -> tuple[Comes, JoinLine]:
    """Return what becomes of a record, from what would be done without and with the assignment."""
    words = outlook_words()
    if isinstance(then, RecordError):
        why = f"{then.message} {then.advice}".strip()
        return Comes.NOT, _line(facts, mark_of(Outlook.FAIL), words[Outlook.FAIL], why)
    why = then.scope.reason
    if isinstance(then, NeedsMatch):
        if isinstance(now, NeedsMatch):
            return Comes.STAYS, _line(facts, "unchanged", _("Gets an account anyway"), why)
        if not rules.can_create(facts.kind):
            why = _("Creating accounts is switched off for this app; one that is there is linked.")
            return Comes.NOT, _line(facts, "skip", _("No account"), why)
        return Comes.GETS, _line(facts, mark_of(Outlook.CREATE), words[Outlook.CREATE], why)
    does = outlook(then.action)
    if does in TAKES_AWAY and _outlook(now) is not does:
        return Comes.LOSES, _line(facts, mark_of(does), words[does], why)
    if isinstance(then.action, Update) and not (
        isinstance(now, Decided) and now.action == then.action
    ):
        return Comes.UPDATED, _line(facts, mark_of(does), words[does], _changed(then.action))
    if then.scope.usable:
        return Comes.STAYS, _line(facts, "unchanged", words[Outlook.SKIP], why)
    none = words[Outlook.SKIP] if facts.link is not None else _("No account")
    return Comes.NOT, _line(facts, "skip", none, why)


def _line(facts: Facts, mark: str, words: str, why: str) -> JoinLine:
    name = visible(facts.display_name, 80) or facts.record_id
    return JoinLine(facts.record_id, facts.kind.value, name, mark, words, visible(why, 200))


def _changed(action: Update) -> str:
    first, *others = modified(action)
    more = _(" and %(count)s more") % {"count": number(len(others))} if others else ""
    return f"{change_text(first)}{more}"


def _outlook(answer: _Judged) -> Outlook:
    return outlook(answer.action) if isinstance(answer, Decided) else Outlook.SKIP
