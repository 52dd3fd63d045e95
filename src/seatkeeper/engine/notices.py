"""Say what people have to be told: failures, removals that wait, apps that stopped, and their end.

After the walk: facts into messages, in words. No attribute values and no
secrets, only display names, counts, and what to do (reliability 9). A cause is
what a message is about: while it holds it is one notice, however many records
it concerns. Whether and when it is told is ``provisioning.telling``.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from seatkeeper.directory.token_ends import Stage, TokenEnd
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.journal import Health, HealthState, NewNotice, WaitingCause
from seatkeeper.provisioning.message import NO_APP, Message, Topic, first_names
from seatkeeper.provisioning.reconcile import WORDS, Found
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.secret_ends import SecretEnd
from seatkeeper.words import number_of

SILENT: Final = "silence"
"""The cause of an app whose cycles do not end."""

_LINK_HELD: Final = "LinkHeld"
"""Never tried again by itself from the first, so it is not one that was given up."""

_STOPPED: Final = "app:"
_DRIFT: Final = "drift:"
_WITHHELD: Final = "repairs"


def open_causes(waiting: Sequence[WaitingCause], holds: Sequence[Hold]) -> frozenset[str]:
    """Return the causes that these records and removals stand for."""
    return frozenset({*(_cause(one) for one in waiting), *(_wave(one) for one in holds)})


def failure_notices(rules: Rules, waiting: Sequence[WaitingCause], cycle: Cycle) -> list[NewNotice]:
    """Return one notice per cause for records that wait, or that were given up."""
    return [NewNotice(rules.app_id, _cause(one), _failure(rules, one, cycle)) for one in waiting]


def hold_notices(rules: Rules, holds: Sequence[Hold], cycle: Cycle) -> list[NewNotice]:
    """Return one notice per wave of removals that wait for a person."""
    waves: dict[str, list[Hold]] = defaultdict(list)
    for hold in holds:
        waves[_wave(hold)].append(hold)
    return [
        NewNotice(rules.app_id, cause, _held(rules, some, cycle)) for cause, some in waves.items()
    ]


def app_notices(rules: Rules, health: Health, cycle: Cycle) -> list[NewNotice]:
    """Return the notice that the app as a whole cannot be provisioned."""
    away = health.state is HealthState.AWAY
    again = f"{health.next_try:%Y-%m-%d %H:%M} UTC" if health.next_try else "when it is run"
    message = Message(
        topic=Topic.STOPPED,
        title=f"provisioning to {rules.app_name} has stopped",
        happened=health.message,
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=health.since,
        means="Nothing is lost. The changes wait and are sent when "
        + ("the app answers again." if away else "it works again."),
        todo=health.advice or "Look at the app and its connection.",
        commands=(f"seatkeeper run {rules.app_id}",),
        next_try=again,
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )
    return [NewNotice(rules.app_id, _stopped(health), message)]


def still_open(before: Mapping[str, Message], health: Health) -> frozenset[str]:
    """Return the causes that go on to hold while an app is stopped: all but earlier reasons."""
    others = {cause for cause in before if not cause.startswith(_STOPPED)}
    return frozenset({*others, _stopped(health)})


def is_of_drift(cause: str, *, withheld: bool = True) -> bool:
    """Whether a cause is about what an app was found to hold, or about repairs ``withheld``."""
    return cause.startswith(_DRIFT) or (withheld and cause == _WITHHELD)


def drift_notice(
    rules: Rules,
    counts: Mapping[Found, int],
    names: Sequence[str],
    since: dt.datetime | None,
    cycle: Cycle,
) -> NewNotice:
    """Return the notice that accounts are not as they were written, found by this cycle."""
    count = sum(counts.values())
    are = "is not as it was written" if count == 1 else "are not as they were written"
    message = Message(
        topic=Topic.DRIFT,
        title=f"{number_of(count, 'account')} at {rules.app_name} {are}",
        happened=_found(counts),
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=since,
        count=count,
        names=first_names(names),
        means="It was only looked at, and nothing was sent. "
        "Seatkeeper does not write these values again by itself.",
        todo="Look at the list. If what was changed is meant, change the directory or the mapping; "
        "if it is not, repair it.",
        commands=(
            f"seatkeeper reconcile {rules.app_id} --last",
            f"seatkeeper reconcile {rules.app_id} --repair",
        ),
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )
    return NewNotice(rules.app_id, f"{_DRIFT}{cycle.id}", message)


def withheld_notice(
    rules: Rules,
    why: str,
    counts: Mapping[Found, int],
    names: Sequence[str],
    since: dt.datetime | None,
    cycle: Cycle,
) -> NewNotice:
    """Return the notice that so many repairs wait for a person's word, and why."""
    count = sum(counts.values())
    message = Message(
        topic=Topic.REPAIRS,
        title=f"repairs of {number_of(count, 'account')} at {rules.app_name} wait for your word",
        happened=f"{why} {_found(counts)}",
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=since,
        count=count,
        names=first_names(names),
        means="None of these repairs was sent; changes of the directory are sent as ever. "
        "An app that was put back to a backup looks like this.",
        todo="Look at the list. If the app shall be as the directory says, repair all of it.",
        commands=(
            f"seatkeeper reconcile {rules.app_id} --last",
            f"seatkeeper reconcile {rules.app_id} --repair",
        ),
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )
    return NewNotice(rules.app_id, _WITHHELD, message)


def recovery_notices(
    rules: Rules, before: Mapping[str, Message], cycle: Cycle, now: dt.datetime
) -> list[NewNotice]:
    """Return the notices that a stop or a silence has ended, of the open causes ``before``."""
    return [
        NewNotice(rules.app_id, f"end of {cause}", _recovered(rules, began, cycle, now), ends=cause)
        for cause, began in before.items()
        if began.topic in {Topic.STOPPED, Topic.SILENCE}
    ]


def silence_notice(
    app_id: str, name: str, last: dt.datetime, intervals: int, last_cycle: Cycle
) -> NewNotice:
    """Return the notice that no cycle of an app has ended for so many intervals."""
    message = Message(
        topic=Topic.SILENCE,
        title=f"no cycle of {name} has ended since {last:%Y-%m-%d %H:%M} UTC",
        happened=f"No cycle ended for {number_of(intervals, 'interval')} of its schedule.",
        app_id=app_id,
        app_name=name,
        since=last,
        means="Changes of the directory may not arrive in the app, and nobody was told why.",
        todo="See whether a Seatkeeper server or worker runs, and what its log says.",
        commands=(f"seatkeeper status {app_id}", f"seatkeeper run {app_id}"),
        cycle_number=last_cycle.number,
        cycle_id=last_cycle.id,
    )
    return NewNotice(app_id, SILENT, message)


def secret_notices(ends: Sequence[SecretEnd]) -> list[NewNotice]:
    """Return one notice per app, day and stage; no cycle ends them, so they belong to no app."""
    return [
        NewNotice(
            NO_APP,
            f"secret:{end.app_id}:{end.day}:{end.stage}",
            Message(
                topic=Topic.TOKENS,
                title=f"{end.title[0].lower()}{end.title[1:]}",
                happened=f"{end.title}.",
                app_id=end.app_id,
                app_name=end.name,
                means=end.meaning,
                todo=end.todo,
                commands=(f"seatkeeper test-connection {end.app_id}",),
            ),
        )
        for end in ends
    ]


def token_notices(ends: Sequence[TokenEnd]) -> list[NewNotice]:
    """Return one notice per token and stage."""
    return [
        NewNotice(
            NO_APP,
            f"token:{end.id}:{end.stage}",
            Message(
                topic=Topic.TOKENS,
                title=f"{end.title[0].lower()}{end.title[1:]}",
                happened=f"{end.title}.",
                means=end.meaning,
                todo=end.todo
                + ("" if end.stage is Stage.ENDED else " You are told again before the end."),
                commands=("seatkeeper token list",),
            ),
        )
        for end in ends
    ]


def _found(counts: Mapping[Found, int]) -> str:
    said = [f"{WORDS[one].capitalize()}: {counts[one]:,}." for one in Found if counts.get(one)]
    return " ".join(said)


def _stopped(health: Health) -> str:
    return f"{_STOPPED}{health.code}"


def _wave(hold: Hold) -> str:
    return f"guard:{hold.what}:{hold.since:%Y-%m-%dT%H:%M}"


def _cause(waiting: WaitingCause) -> str:
    return f"{'given up' if _given_up(waiting) else 'record'}:{waiting.code}"


def _given_up(waiting: WaitingCause) -> bool:
    return waiting.newest[0].retry_at is None and waiting.code != _LINK_HELD


def _held(rules: Rules, some: Sequence[Hold], cycle: Cycle) -> Message:
    count = number_of(len(some), "removal")
    return Message(
        topic=Topic.REMOVALS,
        title=f"{count} at {rules.app_name} wait for approval",
        happened=some[0].why,
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=some[0].since,
        count=len(some),
        names=first_names([hold.display_name for hold in some]),
        means="Nothing of it was sent; everything else was.",
        todo="Look at the list, with each reason. If it is meant, approve it. If it is not, undo "
        "what caused it, and they vanish from the list by themselves.",
        commands=(
            "seatkeeper approvals",
            f"seatkeeper approvals approve --app {rules.app_id} --reason WHY",
        ),
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )


def _failure(rules: Rules, waiting: WaitingCause, cycle: Cycle) -> Message:
    ended = _given_up(waiting)
    count = number_of(waiting.count, "record")
    return Message(
        topic=Topic.GIVEN_UP if ended else Topic.FAILURES,
        title=f"{count} at {rules.app_name} {'was' if waiting.count == 1 else 'were'} given up"
        if ended
        else f"{count} could not be provisioned to {rules.app_name}",
        happened=f"Cause: {waiting.code}",
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=waiting.since,
        count=waiting.count,
        names=first_names([escrow.display_name for escrow in waiting.newest]),
        means="They were tried for four weeks and are not tried again by themselves."
        if ended
        else "Everybody else was provisioned. These are tried again by themselves.",
        todo=waiting.newest[0].advice or "Read the log of each of them.",
        commands=(
            f"seatkeeper logs {rules.app_id} --status failure",
            *((f"seatkeeper retry {rules.app_id} --all",) if ended else ()),
        ),
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )


def _recovered(rules: Rules, began: Message, cycle: Cycle, now: dt.datetime) -> Message:
    since = f" It had not since {began.since:%Y-%m-%d %H:%M} UTC." if began.since else ""
    return Message(
        topic=Topic.RECOVERY,
        title=f"provisioning to {rules.app_name} works again",
        happened=f"Cycle {cycle.number} ended.{since}",
        app_id=rules.app_id,
        app_name=rules.app_name,
        since=now,
        means="What waited was sent. Nobody has to do anything.",
        commands=(f"seatkeeper status {rules.app_id}",),
        cycle_number=cycle.number,
        cycle_id=cycle.id,
    )
