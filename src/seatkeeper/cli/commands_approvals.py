"""Commands about removals that wait for a person: approvals list, approve, reject.

On top of everything. What is held is the guard's decision; these commands show
it, write down what somebody decided, and have a cycle act on it.
"""

import datetime as dt
from collections.abc import Sequence

import cyclopts
from rich.console import Group, RenderableType
from rich.text import Text

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import DONE, FAILED, NEEDS_CONSENT, actor, installation, show, speak
from seatkeeper.cli.parameters import Flag, Json, OnlyApp
from seatkeeper.cli.render import clean
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.clock import utc_now
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.facts.holds import hold_plain
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.undo import TAKEN_BACK
from seatkeeper.words import number_of


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    approvals = cyclopts.App(name="approvals", help="Removals that wait for a person's word.")
    approvals.default(list_holds)
    approvals.command(list_holds, name="list")
    approvals.command(approve)
    approvals.command(reject)
    app.command(approvals)


async def list_holds(
    app_id: OnlyApp = None,
    /,
    *,
    decided: Flag = False,
    json: Json = False,
) -> int:
    """List what the deletion guard holds, the one that waits longest first.

    Parameters
    ----------
    decided
        Also what somebody decided, as long as it is in force.
    """
    states = tuple(HoldState) if decided else (HoldState.OPEN,)
    async with installation() as opened:
        if app_id is not None:
            await opened.configuration.app(app_id)
        found = await opened.ledger.holds(app_id, states=states)
    speak([hold_plain(app, one) for app, one in found], _view(found), json=json)
    return NEEDS_CONSENT if any(one.state is HoldState.OPEN for _, one in found) else DONE


async def approve(
    *ids: str,
    app: str | None = None,
    reason: str,
    later: Flag = False,
    instead: Flag = False,
    json: Json = False,
) -> int:
    """Let removals leave that were held; a cycle sends them at once.

    Parameters
    ----------
    ids
        What is approved, as approvals lists it. It covers exactly what was shown.
    app
        Instead of ids: everything that waits for this app now.
    reason
        Why, for the audit trail.
    later
        Leave it to the next cycle.
    instead
        Also where somebody decided before: this takes its place.
    """
    async with installation() as opened:
        chosen = await _chosen(opened, ids, app)
        decided = await opened.ledger.decide(
            chosen,
            HoldState.APPROVED,
            word=_said(reason),
            until=None,
            actor=actor(),
            now=utc_now(),
            instead=instead,
        )
        plains = [hold_plain(one, hold) for one, hold in decided]
        speak(plains, f"Approved: {number_of(len(decided), 'removal')}.", json=json)
        ended = True
        taken = {one for one, hold in decided if hold.reason == TAKEN_BACK}
        if taken and not json:
            show("What an undo takes back is sent when the same undo runs again (run --undo).")
        for app_id in [] if later else sorted({one for one, _ in decided} - taken):
            bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
            cycle = await run_somewhere(opened, app_id, Wish(), bar)
            bar.end()
            ended = ended and cycle.finished
            if not json:
                show(told(app_id, cycle))
    return DONE if ended else FAILED


async def reject(
    *ids: str,
    app: str | None = None,
    reason: str,
    until: str | None = None,
    instead: Flag = False,
    json: Json = False,
) -> int:
    """Keep accounts, members or values that were to be removed.

    Parameters
    ----------
    ids
        What is kept, as approvals lists it.
    app
        Instead of ids: everything that waits for this app now.
    reason
        Why, for the audit trail.
    until
        A date such as 2026-03-31, from which on it is asked again; without one they stay.
    instead
        Also where somebody decided before: this takes its place.
    """
    end = _date(until)
    async with installation() as opened:
        chosen = await _chosen(opened, ids, app)
        decided = await opened.ledger.decide(
            chosen,
            HoldState.KEPT,
            word=_said(reason),
            until=end,
            actor=actor(),
            now=utc_now(),
            instead=instead,
        )
    plains = [{**hold_plain(one, hold), "until": until} for one, hold in decided]
    lasts = f" until {until}" if until else ""
    speak(plains, f"Kept{lasts}: {number_of(len(decided), 'removal')} will not be sent.", json=json)
    return DONE


async def _chosen(opened: Installation, ids: Sequence[str], app: str | None) -> list[str]:
    if bool(ids) is (app is not None):
        raise BadInput(
            "Name what you decide about: ids, or --app for everything that waits for an app.",
            advice="See what waits: seatkeeper approvals",
        )
    if app is None:
        return list(ids)
    await opened.configuration.app(app)
    found = await opened.ledger.holds(app, states=(HoldState.OPEN,))
    if not found:
        raise BadInput(f"Nothing waits for approval for {app}.")
    return [one.id for _, one in found]


def _said(reason: str) -> str:
    if not reason.strip():
        raise BadInput("Say why: the reason stands in the audit trail.")
    return reason.strip()


def _date(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text} is no date.", advice="Write it as 2026-03-31.") from error
    moment = dt.datetime.combine(day, dt.time(), dt.UTC)
    if moment <= utc_now():
        raise BadInput(f"{text} is over.", advice="Name a day after today.")
    return moment


def _view(found: Sequence[tuple[str, Hold]]) -> RenderableType:
    """Show what waits, together with all that waits for the same reason."""
    if not found:
        return Text("Nothing waits for approval.")
    waves: dict[tuple[str, str, str], list[Hold]] = {}
    for app_id, one in found:
        decided = "" if one.state is HoldState.OPEN else f"{one.state.value}: {one.word}"
        if not decided and one.asked_by:
            decided = f"{one.asked_by} asked: {one.asked_word}; a second person must approve"
        waves.setdefault((app_id, one.why, decided), []).append(one)
    parts: list[RenderableType] = []
    for (app_id, why, decided), some in waves.items():
        since = f"since {some[0].since:%Y-%m-%d %H:%M} UTC"
        head = Text.assemble((f"{app_id}: {why}", "bold"), f" ({decided or since})")
        parts += [head, *(_line(one) for one in some), Text("")]
    parts.append(Text("Approve or reject: seatkeeper approvals approve ID... --reason WHY", "dim"))
    return Group(*parts)


def _line(one: Hold) -> Text:
    reason = f" ({clean(one.reason)})" if one.reason else ""
    return Text.assemble(f"  {one.id}  {clean(one.display_name)}: {_taken(one)}", (reason, "dim"))


def _taken(hold: Hold) -> str:
    match hold.what.value:
        case "access":
            return "access"
        case "group":
            return "the group"
        case "members":
            return number_of(hold.count, "membership")
        case "rights":
            return "administrator rights"
        case _:
            return "a value"
