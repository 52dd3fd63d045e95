"""Say by mail what failed: to whom it was asked for, once per cause.

After the walk: pure text. No attribute values and no secrets, only display
names, counts, and what to do (reliability 9). The ledger sees to it that an
open cause is told once.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from seatkeeper.directory.token_ends import Stage, TokenEnd
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.journal import Escrow, Health, NewNotice
from seatkeeper.provisioning.rules import Rules
from seatkeeper.words import number_of

NO_APP: Final = ""
"""Whom a notice belongs to that is about no app."""

MOST_NAMES: Final = 10
"""People named in one mail; the rest are counted."""


def open_causes(escrows: Sequence[Escrow]) -> set[str]:
    """Return the causes that these waiting records stand for."""
    return {_cause(escrow) for escrow in escrows}


def failure_notices(
    rules: Rules, escrows: Sequence[Escrow], cycle: Cycle, recipient: str
) -> list[NewNotice]:
    """Return one notice per cause for records that wait; none without a recipient."""
    if not recipient:
        return []
    by_cause: dict[str, list[Escrow]] = defaultdict(list)
    for escrow in escrows:
        by_cause[_cause(escrow)].append(escrow)
    return [
        _failure(rules, cause, concerned, cycle, recipient) for cause, concerned in by_cause.items()
    ]


def hold_causes(holds: Sequence[Hold]) -> set[str]:
    """Return the causes that removals which wait stand for."""
    return {_wave(hold) for hold in holds}


def hold_notices(
    rules: Rules, holds: Sequence[Hold], cycle: Cycle, recipient: str
) -> list[NewNotice]:
    """Return one notice per wave of removals that wait for a person; none without recipient."""
    if not recipient:
        return []
    waves: dict[str, list[Hold]] = defaultdict(list)
    for hold in holds:
        waves[_wave(hold)].append(hold)
    return [_held(rules, cause, some, cycle, recipient) for cause, some in waves.items()]


def _wave(hold: Hold) -> str:
    return f"guard:{hold.what}:{hold.since:%Y-%m-%dT%H:%M}"


def _held(
    rules: Rules, cause: str, some: Sequence[Hold], cycle: Cycle, recipient: str
) -> NewNotice:
    count = number_of(len(some), "removal")
    names = [f"  - {hold.display_name}: {hold.reason}" for hold in some[:MOST_NAMES]]
    if len(some) > MOST_NAMES:
        names.append(f"  and {len(some) - MOST_NAMES} more")
    body = (
        f"{count} at {rules.app_name} wait for your word. Nothing of it was sent; everything "
        f"else was.\n\n"
        f"Why: {some[0].why}\n"
        f"Since: {some[0].since:%Y-%m-%d %H:%M} UTC\n"
        f"Who:\n" + "\n".join(names) + "\n\n"
        "What to do: look at the list with: seatkeeper approvals\n"
        f"If it is meant: seatkeeper approvals approve --app {rules.app_id} --reason WHY\n"
        "If it is not: undo what caused it, and they vanish from the list by themselves.\n\n"
        f"Cycle {cycle.number} ({cycle.id})\n"
    )
    subject = f"Seatkeeper: {count} at {rules.app_name} wait for approval"
    return NewNotice(rules.app_id, cause, recipient, subject, body)


def app_notices(rules: Rules, health: Health, cycle: Cycle, recipient: str) -> list[NewNotice]:
    """Return the notice that the app as a whole cannot be provisioned; none without recipient."""
    if not recipient:
        return []
    since = f"{health.since:%Y-%m-%d %H:%M} UTC" if health.since else "now"
    again = f"{health.next_try:%Y-%m-%d %H:%M} UTC" if health.next_try else "when it is run"
    body = (
        f"Provisioning to {rules.app_name} has stopped.\n\n"
        f"What happened: {health.message}\n"
        f"Since: {since}\n"
        f"What it means: nothing is lost. The changes wait and are sent when it works again.\n"
        f"What to do: {health.advice or 'Look at the app and its connection.'}\n"
        f"Next try: {again}, or at once with: seatkeeper run {rules.app_id}\n\n"
        f"Cycle {cycle.number} ({cycle.id})\n"
    )
    subject = f"Seatkeeper: provisioning to {rules.app_name} has stopped"
    return [NewNotice(rules.app_id, f"app:{health.code}", recipient, subject, body)]


def token_notices(ends: Sequence[TokenEnd], recipients: Collection[str]) -> list[NewNotice]:
    """Return one notice per token, stage and recipient; each is told once, whatever is asked."""
    return [
        NewNotice(
            NO_APP, f"token:{end.id}:{end.stage}:{recipient}", recipient, subject, _token_body(end)
        )
        for end in ends
        for recipient in sorted(set(recipients))
        for subject in [f"Seatkeeper: {end.title[0].lower()}{end.title[1:]}"]
    ]


def _token_body(end: TokenEnd) -> str:
    again = "You are told again a week before, and at the end.\n"
    return (
        f"{end.title}.\n\n"
        f"What it means: {end.meaning}\n"
        f"What to do: {end.todo}\n"
        f"Details: seatkeeper token list\n" + ("" if end.stage is Stage.ENDED else f"\n{again}")
    )


def _cause(escrow: Escrow) -> str:
    return f"record:{escrow.code}"


def _failure(
    rules: Rules, cause: str, concerned: Sequence[Escrow], cycle: Cycle, recipient: str
) -> NewNotice:
    first = concerned[0]
    names = [f"  - {escrow.display_name}" for escrow in concerned[:MOST_NAMES]]
    if len(concerned) > MOST_NAMES:
        names.append(f"  and {len(concerned) - MOST_NAMES} more")
    count = number_of(len(concerned), "record")
    body = (
        f"{count} could not be provisioned to {rules.app_name}; everybody else was.\n\n"
        f"Cause: {first.code}\n"
        f"Since: {min(escrow.first_at for escrow in concerned):%Y-%m-%d %H:%M} UTC\n"
        f"Who:\n" + "\n".join(names) + "\n\n"
        f"What to do: {first.advice or 'Read the log of each of them.'}\n"
        f"Details: seatkeeper logs {rules.app_id} --status failure\n\n"
        f"Cycle {cycle.number} ({cycle.id})\n"
    )
    subject = f"Seatkeeper: {count} could not be provisioned to {rules.app_name}"
    return NewNotice(rules.app_id, cause, recipient, subject, body)
