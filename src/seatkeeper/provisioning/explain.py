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
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from seatkeeper.errors import RecordError
from seatkeeper.provisioning.checks import (
    failed_before,
    in_order,
    match_check,
    next_try,
    plain,
    scope_checks,
    told,
    tries,
    values_check,
    write_check,
)
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.journal import Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim, check_claims
from seatkeeper.provisioning.membership import Membership, Missing
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.plan import Adopt, Create, Delete, Disable, Reason, Skip, Update
from seatkeeper.provisioning.reference import waits
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Check
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, decide, scope_of


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
    record that a reference waits for why it has no account; ``members`` is of a
    group that the app holds or should hold. ``hold``: its removal waits for a
    person's word, or somebody decided about it.
    """

    escrow: Escrow | None = None
    tried_again: bool = False
    last: LogEntry | None = None
    rivals: Mapping[Claim, Sequence[str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    members: Membership | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in one sentence, and every check that was made for it.

    ``next_try`` is when whoever waits is tried again, ``history`` what happened
    at the last try, ``missing`` whom a reference or a group waits for.
    """

    verdict: Verdict
    answer: str
    checks: tuple[Check, ...]
    account_id: str | None = None
    next_try: dt.datetime | None = None
    history: str = ""
    missing: tuple[Missing, ...] = ()
    members: Membership | None = None

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
        text = f"{facts.display_name} is not in the directory and has no account."
        return Explanation(Verdict.UNKNOWN, text, _unasked(facts, rules, known))
    if rules.mapping(facts.kind) is None:
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
        if isinstance(answer, NeedsMatch):
            check_claims(answer.claims, known.rivals)
    except RecordError as error:
        problem = error
    verdict = _verdict(answer, problem, known)
    checks = _checks(facts, rules, known, answer, problem)
    missing = _missing(facts, answer, known)
    escrow = known.escrow
    waits_for = _waits_for(problem, escrow)
    held = _held(facts, rules, known.hold) if verdict is Verdict.HELD else ""
    sentence = (
        held or _kept(facts, rules, answer) or _sentence(facts, rules, verdict, checks, waits_for)
    )
    history = failed_before(escrow) if escrow is not None else ""
    said = [sentence, *_left_out(rules, verdict, missing, known)]
    if verdict is not Verdict.WAITS and history:
        said.append(history)
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


def _held(facts: Facts, rules: Rules, hold: Hold | None) -> str:
    """Return the sentence about a removal that is not sent, though the rules ask for it."""
    if hold is None:
        return ""
    keeps = f"{facts.display_name} keeps access to {rules.app_name}, although not entitled any more"
    if hold.state is HoldState.KEPT:
        lasts = f" until {hold.until:%Y-%m-%d}" if hold.until else ""
        return f"{keeps}: {hold.decided_by} decided so{lasts} ({hold.word})."
    return f"{keeps}: the removal waits for approval {hold.id}. {hold.why}"


def _kept(facts: Facts, rules: Rules, answer: Answer | None) -> str:
    """Return the sentence about an account that stays as it is although something speaks for it."""
    action = answer.action if isinstance(answer, Decided) else None
    if facts.link is None or not isinstance(action, Skip) or action.reason is Reason.IN_SYNC:
        return ""
    name = facts.display_name
    keeps = f"{name} keeps the account in {rules.app_name} as it is"
    if action.reason is Reason.LEFT_ALONE:
        reason = scope_of(facts, rules).reason
        return f"{keeps}, although {name} {reason}: SkipOutOfScopeDeletions is on."
    text = action.text if action.text.endswith(".") else f"{action.text}."
    return f"{keeps}. {text[:1].upper()}{text[1:]}"


def standing(app_name: str, *, on: bool, ran: bool, health: Health) -> str:
    """Say why an app gets nothing just now, whatever is planned; empty where it does."""
    if health.state is not HealthState.WELL:
        when = f"; next try {health.next_try:%Y-%m-%d %H:%M} UTC" if health.next_try else ""
        state = "cannot be reached" if health.state is HealthState.AWAY else "is in quarantine"
        return f"{app_name} {state} ({health.message}){when}. Until then nothing is sent."
    if on:
        return ""
    first = "" if ran else ", and no cycle has run yet"
    return f"Provisioning to {app_name} is off{first}: nothing is sent but by hand."


def _unasked(facts: Facts, rules: Rules, known: Remembered) -> tuple[Check, ...]:
    """Return the checks of a record that no cycle looks at."""
    return _checks(facts, rules, known, None, None)


def _checks(
    facts: Facts,
    rules: Rules,
    known: Remembered,
    answer: Answer | None,
    problem: RecordError | None,
) -> tuple[Check, ...]:
    holds = problem is None and not known.tried_again
    return in_order(
        (
            *scope_checks(facts, rules),
            values_check(facts, answer, problem),
            match_check(facts, answer, problem),
            write_check(known.escrow, known.last, holds=holds, tried_again=known.tried_again),
        )
    )


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


def _sentence(
    facts: Facts, rules: Rules, verdict: Verdict, checks: Sequence[Check], waits_for: str
) -> str:
    name, app = facts.display_name, rules.app_name
    failing = next((check.text for check in checks if check.passed is False), "")
    where = "is in" if facts.link else "is not in"
    sentences = {
        Verdict.IN_STEP: f"{name} is in {app}, and the account is in step.",
        Verdict.PARTLY: f"{name} is in {app}, and the account is only partly in step.",
        Verdict.INACTIVE: f"{name} has a deactivated account in {app}, because {name} {failing}.",
        Verdict.OUT_OF_SCOPE: f"{name} is not in {app}, because {name} {failing}.",
        Verdict.LEFT_ALONE: f"{name} keeps the account in {app} as it is.",
        Verdict.TO_CREATE: f"{name} is not in {app} yet; the next cycle creates or links the "
        "account."
        if rules.can_create(facts.kind)
        else f"{name} is not in {app}; creating is switched off, so the next cycle only links an "
        "account that is there.",
        Verdict.TO_UPDATE: f"{name} is in {app}; the next cycle sends what differs.",
        Verdict.TO_DISABLE: f"{name} is in {app}; the next cycle deactivates the account, "
        f"because {name} {failing}.",
        Verdict.TO_DELETE: f"{name} is in {app}; the next cycle deletes the account.",
        Verdict.WAITS: f"{name} {where} {app}, and waits: {waits_for}",
        Verdict.UNKNOWN: f"{name} is not known.",
    }
    return sentences[verdict]


def _left_out(
    rules: Rules, verdict: Verdict, missing: Sequence[Missing], known: Remembered
) -> Iterator[str]:
    """Yield a sentence for each reference that waits, and one for members that differ or wait."""
    if verdict not in _STAYING:
        return
    for one in missing:
        if one.path != MEMBERS:
            text = waits(one.path, one.name)
            yield f"{text[:1].upper()}{text[1:]} ({one.why})."
    members = known.members or Membership()
    differences = members.differences()
    if differences:
        yield f"Members: {members.counts(rules.app_name)}; {'; '.join(differences)}."
