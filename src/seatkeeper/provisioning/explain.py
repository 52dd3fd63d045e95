"""Answer "why (not)?" for one record and one app.

    [source change -> scope -> map -> match -> plan] -> export -> log

It calls the same stations as a cycle and says what the next one would do, so
its verdict is right by construction as long as the facts are. What happened
before is history: it is told, and decides only where nothing has changed since
and no cycle looks before the next try. It asks the app nothing: what only a
look-up can tell is said to be open.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.checks import (
    app_checks,
    failed_before,
    in_order,
    match_check,
    next_try,
    plain,
    scope_checks,
    told,
    told_beside,
    tries,
    values_check,
    write_check,
)
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.journal import Escrow
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim, check_claims
from seatkeeper.provisioning.membership import SHOWN, Membership, Missing, Some
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.plan import Adopt, Create, Delete, Disable, Reason, Skip, Update
from seatkeeper.provisioning.reconcile import Finding
from seatkeeper.provisioning.reference import comes, waits
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Check
from seatkeeper.provisioning.walk import (
    Answer,
    Decided,
    Facts,
    NeedsMatch,
    decide,
    scope_of,
    takes,
)


class Verdict(StrEnum):
    """Where a record stands with an app.

    ``PARTLY`` is in step but for a reference or members whose other end has no account.
    """

    IN_STEP = "in step"
    PARTLY = "partly in step"
    INACTIVE = "inactive"
    OUT_OF_SCOPE = "out of scope"
    LEFT_ALONE = "left alone"
    TO_CREATE = "to be created"
    TO_UPDATE = "to be updated"
    TO_DISABLE = "to be deactivated"
    TO_DELETE = "to be deleted"
    HELD = "held"
    WAITS = "waits"
    UNKNOWN = "unknown"


_ACTING: Final = {
    Verdict.TO_CREATE,
    Verdict.TO_UPDATE,
    Verdict.TO_DISABLE,
    Verdict.TO_DELETE,
}
_REMOVING: Final = {Verdict.TO_DISABLE, Verdict.TO_DELETE}
_STAYING: Final = {Verdict.PARTLY, Verdict.TO_CREATE, Verdict.TO_UPDATE, Verdict.WAITS}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of a record besides the facts a decision reads.

    ``escrow`` is its failure that waits, ``tried_again`` whether the next cycle
    looks at it all the same, ``last`` its newest log entry, ``rivals`` other
    records per unique value that they ask for now. ``missing`` says of each
    record that a reference waits for why it has no account; ``coming`` names the
    ends of references that get their account in the same cycle, by path. ``members``
    is of a group that the app holds or should hold. ``hold``: its removal waits for
    a person's word, or somebody decided about it. ``checked_at`` is when the
    app was read again last, ``found`` what was not as written then;
    ``undone_members`` counts memberships that somebody took back.
    """

    escrow: Escrow | None = None
    tried_again: bool = False
    last: LogEntry | None = None
    rivals: Mapping[Claim, Sequence[str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    coming: Mapping[str, str] = field(default_factory=dict)
    members: Membership | None = None
    hold: Hold | None = None
    checked_at: dt.datetime | None = None
    found: Finding | None = None
    undone_members: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in one sentence, and every check that was made for it.

    ``next_try`` is when whoever waits is tried again, ``history`` what happened
    at the last try, ``missing`` whom a reference or a group waits for, ``since``
    which change of the directory took access away, where that was looked up.
    """

    verdict: Verdict
    answer: str
    checks: tuple[Check, ...]
    account_id: str | None = None
    next_try: dt.datetime | None = None
    history: str = ""
    missing: tuple[Missing, ...] = ()
    members: Membership | None = None
    since: str = ""

    def without_since(self) -> "Explanation":
        """Return the answer without the change that took access, as where it is only imagined."""
        answer = self.answer.replace(f" {self.since}", "") if self.since else self.answer
        return replace(self, since="", answer=answer)

    @property
    def removes(self) -> bool:
        """Whether the next cycle takes access or the account away, as the rules say."""
        return self.verdict in _REMOVING

    def held_back(self, why: str) -> "Explanation":
        """Return the answer where the deletion guard would not let that removal leave."""
        guarded = f"But the deletion guard holds it until somebody approves: {why}"
        return replace(self, verdict=Verdict.HELD, answer=f"{self.answer} {guarded}")

    @property
    def code(self) -> str:
        """The public code of what keeps the record out or waiting, empty where nothing does."""
        if self.verdict is Verdict.HELD:
            return Reason.HELD.value
        failing = [check for check in self.checks if check.passed is False]
        if not failing:
            return ""
        deciding = failing[-1 if self.verdict is Verdict.WAITS else 0]
        return str(deciding.facts.get("code", ""))

    @property
    def why_no_account(self) -> str:
        """Why the record has no account, in a few words, for whoever waits for it."""
        if self.verdict is Verdict.TO_CREATE:
            return "the next cycle makes or links the account"
        failing = next((check.text for check in self.checks if check.passed is False), "")
        if not failing:
            return self.answer
        again = f"; next try {self.next_try:%Y-%m-%d %H:%M} UTC" if self.next_try else ""
        return failing if again in failing else f"{failing.removesuffix('.')}{again}"


def explain(facts: Facts, rules: Rules, known: Remembered | None = None) -> Explanation:
    """Say why the record has (not) an account, from the facts a cycle would read."""
    known = known or Remembered()
    account_id = facts.link.last_id if facts.link else None
    if facts.record is None and facts.link is None:
        name, app = facts.display_name, rules.app_name
        text = f"{name} is not in the directory, and no account in {app} is linked to that name."
        return Explanation(Verdict.UNKNOWN, text, _unasked(facts, rules, known))
    mapping = rules.mapping(facts.kind)
    if mapping is None:
        text = (
            f"{facts.display_name} is not provisioned to {rules.app_name}: "
            "its groups are switched off in the mappings."
        )
        checks = _unasked(facts, rules, known)
        return Explanation(Verdict.OUT_OF_SCOPE, text, checks, account_id)
    problem: RecordError | None = None
    answer: Answer | None = None
    try:
        answer = decide(facts, rules)
        check_claims(takes(answer, mapping), known.rivals)
    except RecordError as error:
        problem = error
    verdict = _verdict(answer, problem, known)
    checks = _checks(facts, rules, known, answer, problem, verdict)
    missing = _missing(facts, answer, known)
    escrow = known.escrow
    waits_for = _waits_for(problem, escrow)
    hold = known.hold if verdict is Verdict.HELD else None
    held = hold.sentence(facts.display_name, rules.app_name) if hold is not None else ""
    sentence = (
        held
        or _kept(facts, rules, answer)
        or _sentence(facts, rules, verdict, checks, waits_for, _differing(answer, known))
    )
    history = failed_before(escrow) if escrow is not None else ""
    said = [sentence, *_left_out(rules, verdict, missing, known)]
    if verdict is not Verdict.WAITS and history:
        said.append(history)
    said += told_beside(answer, known.found, _hidden(facts, rules), known.undone_members)
    return Explanation(
        verdict,
        " ".join(said),
        checks,
        account_id,
        escrow.retry_at if escrow is not None and verdict is Verdict.WAITS else None,
        history,
        missing,
        known.members,
    )


def _waits_for(problem: RecordError | None, escrow: Escrow | None) -> str:
    """Return what keeps a record waiting: what stands in the way now, else the last failure."""
    if escrow is None:
        return plain(problem) if problem is not None else ""
    if problem is None:
        return f"{told(escrow)} {tries(escrow)}; {next_try(escrow)}."
    return f"{plain(problem)} {tries(escrow)}; {next_try(escrow)}."


def _kept(facts: Facts, rules: Rules, answer: Answer | None) -> str:
    """Return the sentence about an account that stays as it is although something speaks for it."""
    action = answer.action if isinstance(answer, Decided) else None
    if facts.link is None or not isinstance(action, Skip) or action.reason is Reason.IN_SYNC:
        return ""
    name = facts.display_name
    keeps = f"{name} keeps the {_what(facts)} in {rules.app_name} as it is"
    if action.reason is Reason.LEFT_ALONE:
        reason = scope_of(facts, rules).reason
        return f"{keeps}, although {name} {reason}: SkipOutOfScopeDeletions is on."
    text = action.text if action.text.endswith(".") else f"{action.text}."
    return f"{keeps}. {text[:1].upper()}{text[1:]}"


def _unasked(facts: Facts, rules: Rules, known: Remembered) -> tuple[Check, ...]:
    """Return the checks of a record that no cycle looks at."""
    return _checks(facts, rules, known, None, None, Verdict.OUT_OF_SCOPE)


def _checks(
    facts: Facts,
    rules: Rules,
    known: Remembered,
    answer: Answer | None,
    problem: RecordError | None,
    verdict: Verdict,
) -> tuple[Check, ...]:
    holds = problem is None and verdict is Verdict.WAITS
    wanted = verdict is Verdict.WAITS or verdict in _ACTING
    write = write_check(
        known.escrow, known.last, holds=holds, tried_again=known.tried_again, wanted=wanted
    )
    made = (
        *scope_checks(facts, rules),
        values_check(facts, answer, problem, _hidden(facts, rules)),
        match_check(facts, answer, problem),
        write,
    )
    read = app_checks(known.checked_at, known.found, _hidden(facts, rules))
    return (*in_order(made, holds=holds), *read)


def _hidden(facts: Facts, rules: Rules) -> frozenset[str]:
    mapping = rules.mapping(facts.kind)
    return mapping.hidden_paths if mapping is not None else frozenset()


def _missing(facts: Facts, answer: Answer | None, known: Remembered) -> tuple[Missing, ...]:
    waiting = answer.waiting if answer is not None else {}
    names = facts.named(waiting)
    return (
        *(
            Missing(path, record, names[path], known.missing.get(record, "has no account"))
            for path, record in waiting.items()
        ),
        *(known.members.missing if known.members is not None else ()),
    )


def _verdict(answer: Answer | None, problem: RecordError | None, known: Remembered) -> Verdict:
    if problem is not None or answer is None:
        return Verdict.WAITS
    verdict = _outlook(answer, known)
    if known.hold is not None and verdict in _REMOVING:
        return Verdict.HELD
    untried = known.escrow is not None and not known.tried_again
    return Verdict.WAITS if untried and verdict in _ACTING else verdict


def _outlook(answer: Answer, known: Remembered) -> Verdict:
    """Return what a cycle would do that looks at the record."""
    if isinstance(answer, NeedsMatch):
        return Verdict.TO_CREATE
    match answer.action:
        case Disable():
            return Verdict.TO_DISABLE
        case Delete():
            return Verdict.TO_DELETE
        case Update() | Create() | Adopt():
            return Verdict.TO_UPDATE
        case Skip(Reason.IN_SYNC):
            return _in_sync(answer, known)
        case Skip(Reason.NOT_ENTITLED):
            return Verdict.OUT_OF_SCOPE
        case Skip():
            return Verdict.LEFT_ALONE


def _in_sync(answer: Decided, known: Remembered) -> Verdict:
    if not answer.scope.usable:
        return Verdict.INACTIVE
    members = known.members or Membership()
    if members.differs:
        return Verdict.TO_UPDATE
    return Verdict.PARTLY if answer.waiting or members.waiting else Verdict.IN_STEP


def _differing(answer: Answer | None, known: Remembered) -> str:
    """Return the first attributes that the next cycle sends, and how many more there are."""
    action = answer.action if isinstance(answer, Decided) else None
    changes = action.changes if isinstance(action, Update) else ()
    names = [change.path.rpartition(":")[2] for change in changes]
    if known.members is not None and known.members.differs:
        names.append(MEMBERS)
    return Some(len(names), tuple(names[:SHOWN])).text


def _what(facts: Facts) -> str:
    """Return what the app has of such a record."""
    return "group" if facts.kind is Kind.GROUP else "account"


def _sentence(
    facts: Facts,
    rules: Rules,
    verdict: Verdict,
    checks: Sequence[Check],
    waits_for: str,
    differing: str,
) -> str:
    name, app, what = facts.display_name, rules.app_name, _what(facts)
    failing = next((check.text for check in checks if check.passed is False), "")
    where = "is in" if facts.link else "is not in"
    inactive = f"{name} has a deactivated account in {app}, because {name} {failing}"
    there = f"{name} is in {app}" if scope_of(facts, rules).usable else inactive
    sentences = {
        Verdict.IN_STEP: f"{name} is in {app}, and the {what} is in step.",
        Verdict.PARTLY: f"{name} is in {app}, and the {what} is only partly in step.",
        Verdict.INACTIVE: f"{inactive}.",
        Verdict.OUT_OF_SCOPE: f"{name} is not in {app}, because {name} {failing}.",
        Verdict.LEFT_ALONE: f"{name} keeps the {what} in {app} as it is.",
        Verdict.TO_CREATE: f"{name} is not in {app} yet; the next cycle creates or links the "
        f"{what}."
        if rules.can_create(facts.kind)
        else f"{name} is not in {app}; creating is switched off, so the next cycle only links "
        f"{'a group' if facts.kind is Kind.GROUP else 'an account'} that is there.",
        Verdict.TO_UPDATE: f"{there}; the next cycle sends what differs: {differing}.",
        Verdict.TO_DISABLE: f"{name} is in {app}; the next cycle deactivates the account, "
        f"because {name} {failing}.",
        Verdict.TO_DELETE: f"{name} is in {app}; the next cycle deletes the {what} there, "
        f"because {name} {failing}.",
        Verdict.WAITS: f"{name} {where} {app}, and waits: {waits_for}",
        Verdict.UNKNOWN: f"{name} is not known.",
    }
    return sentences[verdict]


def _left_out(
    rules: Rules, verdict: Verdict, missing: Sequence[Missing], known: Remembered
) -> Iterator[str]:
    """Yield a sentence for each reference that comes or waits, and one or two for members."""
    members = known.members or Membership()
    if members.compared is not None:
        some, total = f"{members.compared:,}", f"{members.total:,}"
        yield f"Only the first {some} of its {total} members were compared."
    if verdict not in _STAYING:
        return
    for path, name in known.coming.items():
        text = comes(path, name)
        yield f"{text[:1].upper()}{text[1:]}."
    for one in missing:
        if one.path != MEMBERS:
            text = waits(one.path, one.name)
            yield f"{text[:1].upper()}{text[1:]} ({one.why})."
    differences = members.differences()
    if differences:
        yield f"Members: {members.counts(rules.app_name)}; {'; '.join(differences)}."
