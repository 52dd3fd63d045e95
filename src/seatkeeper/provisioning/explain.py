"""Answer "why (not)?" for one record and one app.

    [source change -> scope -> map -> match -> plan] -> export -> log

It calls the same stations as a cycle and says what the next one would do, so
its verdict is right by construction as long as the facts are. It asks the app
nothing: what only a look-up can tell is said to be open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatkeeper.errors import RecordError
from seatkeeper.provisioning.journal import Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, shown
from seatkeeper.provisioning.match import Claim, check_claims
from seatkeeper.provisioning.plan import Adopt, Create, Delete, Disable, Reason, Skip, Update
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Check
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, decide, scope_of


class Verdict(StrEnum):
    """Where a record stands with an app."""

    IN_STEP = "in step"
    INACTIVE = "inactive"
    OUT_OF_SCOPE = "out of scope"
    LEFT_ALONE = "left alone"
    TO_CREATE = "to be created"
    TO_UPDATE = "to be updated"
    TO_DISABLE = "to be deactivated"
    TO_DELETE = "to be deleted"
    WAITS = "waits"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in one sentence, and every check that was made for it."""

    verdict: Verdict
    answer: str
    checks: tuple[Check, ...]
    account_id: str | None = None

    @property
    def code(self) -> str:
        """The public code of what keeps the record out, empty where nothing does."""
        failing = (check for check in self.checks if check.passed is False)
        return next((str(check.facts.get("code", "")) for check in failing), "")


def explain(
    facts: Facts,
    rules: Rules,
    *,
    escrow: Escrow | None = None,
    last: LogEntry | None = None,
    rivals: Mapping[Claim, Sequence[str]] | None = None,
) -> Explanation:
    """Say why the record has (not) an account, from the facts a cycle would read.

    ``rivals`` names other records per unique value; ``last`` is the newest log
    entry of this record and app.
    """
    account_id = facts.link.account_id if facts.link else None
    if facts.record is None and facts.link is None:
        text = f"{facts.display_name} is not in the directory and has no account."
        return Explanation(Verdict.UNKNOWN, text, _scope_checks(facts, rules), None)
    if rules.mapping(facts.kind) is None:
        text = (
            f"{facts.display_name} is not provisioned to {rules.app_name}: "
            "its groups are switched off in the mappings."
        )
        return Explanation(Verdict.OUT_OF_SCOPE, text, _scope_checks(facts, rules), account_id)
    problem: RecordError | None = None
    answer: Answer | None = None
    try:
        answer = decide(facts, rules)
        if isinstance(answer, NeedsMatch):
            check_claims(answer.claims, rivals or {})
    except RecordError as error:
        problem = error
    scope_passed = _scope_checks(facts, rules)
    checks = (
        *scope_passed,
        _values_check(facts, rules, answer, problem),
        _match_check(facts, answer, problem),
        _write_check(escrow, last, problem),
    )
    checks = _not_reached_after_failure(checks)
    verdict = _verdict(answer, problem, escrow)
    sentence = _kept(facts, rules, answer) or _sentence(facts, rules, verdict, checks)
    return Explanation(verdict, sentence, checks, account_id)


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


def _scope_checks(facts: Facts, rules: Rules) -> tuple[Check, ...]:
    scope = scope_of(facts, rules)
    return tuple(
        Check(
            check.name,
            check.passed,
            check.text,
            {**check.facts, "code": Reason.NOT_ENTITLED.value},
        )
        if check.passed is False
        else check
        for check in scope.checks
    )


def _values_check(
    facts: Facts, rules: Rules, answer: Answer | None, problem: RecordError | None
) -> Check:
    name = "values"
    claimed = answer is not None
    if problem is not None and not claimed:
        return Check(name, passed=False, text=_plain(problem), facts={"code": problem.code})
    desired = answer.desired if answer is not None else None
    if desired is None:
        return Check(name, passed=None, text="the values were not looked at")
    values = {path: shown(value) for path, value in desired.always.items()}
    return Check(name, passed=True, text="has all required values", facts={"values": values})


def _match_check(facts: Facts, answer: Answer | None, problem: RecordError | None) -> Check:
    name = "match"
    if facts.link is not None:
        since = f" since {facts.link.since:%Y-%m-%d %H:%M} UTC" if facts.link.since else ""
        text = f"is account {facts.link.account_id}{since}"
        return Check(name, passed=True, text=text, facts={"account": facts.link.account_id})
    if problem is not None and answer is not None:
        return Check(name, passed=False, text=_plain(problem), facts={"code": problem.code})
    if isinstance(answer, NeedsMatch):
        asked = ", then ".join(one.text for one in answer.questions)
        text = f"has no account yet; the next cycle asks the app for {asked}"
        return Check(name, passed=None, text=text)
    return Check(name, passed=None, text="no account was looked for")


def _write_check(
    escrow: Escrow | None, last: LogEntry | None, problem: RecordError | None
) -> Check:
    name = "write"
    if escrow is not None and (problem is None or escrow.code != problem.code):
        again = f"{escrow.retry_at:%Y-%m-%d %H:%M} UTC" if escrow.retry_at else "not by itself"
        text = f"{escrow.message} Tried {escrow.attempts} times; next try {again}"
        return Check(name, passed=False, text=text, facts={"code": escrow.code})
    if last is None:
        return Check(name, passed=None, text="nothing was written yet")
    passed = None if last.status == "skipped" else last.status != "failure"
    what = "look" if last.action == "other" else last.action
    text = f"last {what} on {last.at:%Y-%m-%d %H:%M} UTC: {last.status}"
    return Check(name, passed=passed, text=text, facts={"log": last.id})


def _not_reached_after_failure(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Mark what came after the first failing check as not reached, but for what is known."""
    kept: list[Check] = []
    failed = False
    for check in checks:
        if failed and check.passed is True and check.name in {"filters", "values"}:
            kept.append(Check(check.name, passed=None, text="not reached", facts=check.facts))
        else:
            kept.append(check)
        failed = failed or check.passed is False
    return tuple(kept)


def _verdict(answer: Answer | None, problem: RecordError | None, escrow: Escrow | None) -> Verdict:
    if problem is not None or answer is None:
        return Verdict.WAITS
    if isinstance(answer, NeedsMatch):
        return Verdict.WAITS if escrow is not None else Verdict.TO_CREATE
    return _verdict_of(answer, escrow)


def _verdict_of(answer: Decided, escrow: Escrow | None) -> Verdict:
    match answer.action:
        case Disable():
            return Verdict.TO_DISABLE
        case Delete():
            return Verdict.TO_DELETE
        case Update() | Create() | Adopt():
            return Verdict.WAITS if escrow is not None else Verdict.TO_UPDATE
        case Skip(Reason.IN_SYNC):
            return Verdict.IN_STEP if answer.scope.usable else Verdict.INACTIVE
        case Skip(Reason.NOT_ENTITLED):
            return Verdict.OUT_OF_SCOPE
        case Skip():
            return Verdict.LEFT_ALONE


def _sentence(facts: Facts, rules: Rules, verdict: Verdict, checks: Sequence[Check]) -> str:
    name, app = facts.display_name, rules.app_name
    failing = next((check.text for check in checks if check.passed is False), "")
    where = "is in" if facts.link else "is not in"
    sentences = {
        Verdict.IN_STEP: f"{name} is in {app}, and the account is in step.",
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
        Verdict.WAITS: f"{name} {where} {app}, and waits: {failing}",
        Verdict.UNKNOWN: f"{name} is not known.",
    }
    return sentences[verdict]


def _plain(error: RecordError) -> str:
    return f"{error.message} {error.advice}".strip()
