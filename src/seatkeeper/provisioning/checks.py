"""Make the checks that ``explain`` lists, in the order in which they decide.

    [source change -> scope -> map -> match -> plan] -> export -> log

Pure: it words what the stations found and decides nothing. A cycle stops at the
first check that fails; what comes after it is listed as not reached, with what
is known of it all the same.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from seatkeeper.errors import RecordError
from seatkeeper.provisioning.journal import Escrow
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.naming import HIDDEN, shown_by_name
from seatkeeper.provisioning.plan import Reason
from seatkeeper.provisioning.reconcile import Finding, in_a_sentence
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Check
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, scope_of
from seatkeeper.words import number_of

_JUDGED: Final = {"assigned", "filters", "values"}
"""Checks that say what would be, where the others say what is."""


def scope_checks(facts: Facts, rules: Rules) -> tuple[Check, ...]:
    """Return the checks that say who takes part, a failing one with the log's code."""
    code = {"code": Reason.NOT_ENTITLED.value}
    return tuple(
        replace(check, facts={**check.facts, **code}) if check.passed is False else check
        for check in scope_of(facts, rules).checks
    )


def values_check(
    facts: Facts,
    answer: Answer | None,
    problem: RecordError | None,
    hidden: Collection[str] = (),
) -> Check:
    """Return whether the account's values can be made; ``answer`` is there where they were.

    What stands at the ``hidden`` paths is not told.
    """
    name = "values"
    if problem is not None and answer is None:
        return Check(name, passed=False, text=plain(problem), facts={"code": problem.code})
    desired = answer.desired if answer is not None else None
    if desired is None:
        return Check(name, passed=None, text="the values were not looked at")
    values = {
        path: HIDDEN if path in hidden else shown_by_name(facts, value)
        for path, value in desired.always.items()
    }
    return Check(name, passed=True, text="has all required values", facts={"values": values})


def match_check(facts: Facts, answer: Answer | None, problem: RecordError | None) -> Check:
    """Return which account it is, or what the next cycle asks the app."""
    name = "match"
    if problem is not None and answer is not None:
        text = plain(problem)
        if facts.link is not None:
            text = f"is account {facts.link.account_id}; {text}"
        return Check(name, passed=False, text=text, facts={"code": problem.code})
    if facts.link is not None:
        since = f" since {facts.link.since:%Y-%m-%d %H:%M} UTC" if facts.link.since else ""
        text = f"is account {facts.link.account_id}{since}"
        return Check(name, passed=True, text=text, facts={"account": facts.link.account_id})
    if isinstance(answer, NeedsMatch):
        asked = ", then ".join(one.text for one in answer.questions)
        text = f"has no account yet; the next cycle asks the app for {asked}"
        return Check(name, passed=None, text=text)
    return Check(name, passed=None, text="no account was looked for")


def write_check(
    escrow: Escrow | None, last: LogEntry | None, *, holds: bool, tried_again: bool, wanted: bool
) -> Check:
    """Return how the last write ended.

    ``holds``: its failure still keeps the record waiting. Otherwise it is told
    as what happened: what stands in the way now, if anything does, was judged
    anew. ``tried_again``: the next cycle looks at the record. ``wanted``: there
    still is something to write.
    """
    name = "write"
    if escrow is not None and holds:
        text = f"{told(escrow)} {tries(escrow)}; {next_try(escrow)}"
        return Check(name, passed=False, text=text, facts={"code": escrow.code})
    if escrow is not None:
        again = "the next cycle tries again" if tried_again else next_try(escrow)
        if not wanted:
            again = "it is not tried again, for there is nothing to write any more"
        text = f"{failed_before(escrow)} {tries(escrow)}; {again}"
        return Check(name, passed=None, text=text, facts={"code": escrow.code})
    if last is None:
        return Check(name, passed=None, text="nothing was written yet")
    passed = None if last.status == "skipped" else last.status != "failure"
    what = "look" if last.action == "other" else last.action
    text = f"last {what} on {last.at:%Y-%m-%d %H:%M} UTC: {last.status}"
    return Check(name, passed=passed, text=text, facts={"log": last.id})


def app_checks(
    checked_at: dt.datetime | None, found: Finding | None, hidden: Collection[str] = ()
) -> tuple[Check, ...]:
    """Return what the app held when it was read last; it keeps nobody out, so it never fails."""
    if checked_at is None:
        return ()
    when = f"on {checked_at:%Y-%m-%d %H:%M} UTC"
    if found is None:
        return (Check("app", passed=True, text=f"was as written when it was read {when}"),)
    text = f"when it was read {when}: {in_a_sentence(found, hidden)}"
    return (Check("app", passed=None, text=text, facts={"code": found.found.value}),)


def told_beside(
    answer: Answer | None,
    found: Finding | None,
    hidden: Collection[str] = (),
    memberships: int = 0,
) -> Iterator[str]:
    """Yield what was undone and is left alone, and what was found in the app.

    ``memberships`` is how many of a group's were undone.
    """
    if isinstance(answer, Decided) and answer.spared.kept:
        names = ", ".join(path.rsplit(":", 1)[-1] for path in sorted(answer.spared.kept))
        yield (
            f"What was written to {names} was undone, and is not written again until the rules "
            "ask for something else."
        )
    if memberships:
        said = number_of(memberships, "membership")
        yield f"Undone, and left alone until the directory changes there: {said}."
    if found is not None:
        yield f"When the app was last read, {in_a_sentence(found, hidden)}"


def told(escrow: Escrow) -> str:
    """Return what failed and what to do, in one line."""
    return f"{escrow.message} {escrow.advice}".strip()


def failed_before(escrow: Escrow) -> str:
    """Return what happened at the last try, as history."""
    return f"The last try failed on {escrow.last_at:%Y-%m-%d %H:%M} UTC: {escrow.message}"


def next_try(escrow: Escrow) -> str:
    """Return when a record that waits is tried again."""
    when = f"{escrow.retry_at:%Y-%m-%d %H:%M} UTC" if escrow.retry_at else "not by itself"
    return f"next try {when}"


def tries(escrow: Escrow) -> str:
    """Return how often it was tried."""
    return "Tried once" if escrow.attempts == 1 else f"Tried {escrow.attempts} times"


def in_order(checks: Sequence[Check], *, holds: bool) -> tuple[Check, ...]:
    """Mark what comes after the first failing check as not reached; what is known stays said.

    ``holds``: the last write keeps the record waiting, also where an earlier check
    fails, for then access was to be taken away.
    """
    kept: list[Check] = []
    failed = False
    for check in checks:
        deciding = holds and check.name == "write"
        kept.append(_not_reached(check) if failed and not deciding else check)
        failed = failed or check.passed is False
    return tuple(kept)


def _not_reached(check: Check) -> Check:
    text = check.text if check.facts else ""
    if check.passed is False and check.name in _JUDGED:
        text = f"would fail, too: {text}"
    return replace(check, passed=None, text=text, reached=False)


def plain(error: RecordError) -> str:
    """Return what is wrong with a record and what to do, in one line."""
    return f"{error.message} {error.advice}".strip()
