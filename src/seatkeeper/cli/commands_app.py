"""Commands about one app: test-connection, on, off, pause, resume, run, retry, restart."""

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from rich.console import Group

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.carrying_out import carry_out, take_back
from seatkeeper.cli.commands_plan import wish_for
from seatkeeper.cli.commands_reconcile import reconcile_app
from seatkeeper.cli.out import DONE, FAILED, NEEDS_CONSENT, actor, installation, show, speak
from seatkeeper.cli.parameters import AppId, Flag, Json, OnlyGroups, OnlyUsers, Strict
from seatkeeper.cli.render_connection import check_view
from seatkeeper.cli.render_plan import steps_view
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.clock import utc_now
from seatkeeper.configuration.switching import pause, resume
from seatkeeper.configuration.switching import switch_off as switch_app_off
from seatkeeper.configuration.switching import switch_on as switch_app_on
from seatkeeper.directory.model import Kind
from seatkeeper.engine.asking import try_again
from seatkeeper.errors import BadInput
from seatkeeper.facts.connection import check_plain
from seatkeeper.facts.cycles import cycle_plain
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.facts.plain import Plain
from seatkeeper.facts.plan import steps_of_cycle
from seatkeeper.provisioning.connection import usable

RESET_BY_DEFAULT = ("watermark", "escrows", "quarantine")


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(test_connection, name="test-connection")
    app.command(switch_on, name="on")
    app.command(switch_off, name="off")
    app.command(pause_app, name="pause")
    app.command(resume_app, name="resume")
    app.command(run_app, name="run")
    app.command(retry)
    app.command(restart)


async def test_connection(
    app_id: AppId,
    /,
    *,
    verbose: Flag = False,
    json: Json = False,
) -> int:
    """Prove address and token with one harmless read.

    Parameters
    ----------
    verbose
        Make every check, one line after the other, with the requests: address, encryption,
        token, people, filter, groups, and what the app says of itself.
    """
    async with installation() as opened:
        if verbose:
            return await _checked(opened, app_id, json=json)
        proven = await opened.test_connection(app_id)
    speak([{"app": app_id, "connected": True, "message": proven}], proven, json=json)
    return DONE


async def _checked(opened: Installation, app_id: str, *, json: bool) -> int:
    """Show each check as it is made; return the exit status."""
    made = []
    stored = await opened.configuration.app(app_id)
    async for one in opened.check_connection(stored):
        speak([{"app": app_id, **check_plain(one)}], check_view(check_plain(one)), json=json)
        made.append(one)
    return DONE if usable(made) else FAILED


async def switch_on(app_id: str, /, *, json: Json = False) -> int:
    """Switch provisioning on: the initial cycle starts with the next breath of the engine."""
    async with installation() as opened:
        await switch_app_on(opened.configuration, app_id, actor=actor())
        holder = opened.lock().held_by()
    hint = "" if holder else " No engine runs here; start one with: seatkeeper serve"
    speak([{"app": app_id, "status": "on"}], f"{app_id} is on.{hint}", json=json)
    return DONE


async def switch_off(app_id: str, /, *, json: Json = False) -> int:
    """Switch provisioning off: a cycle that runs ends after the batch at hand; nothing is lost."""
    async with installation() as opened:
        await switch_app_off(opened.configuration, app_id, actor=actor())
    speak([{"app": app_id, "status": "off"}], f"{app_id} is off.", json=json)
    return DONE


async def pause_app(app_id: AppId, /, *, reason: str = "", json: Json = False) -> int:
    """Pause provisioning for a while: who paused it, when and why is shown until it goes on.

    Parameters
    ----------
    reason
        Why, for whoever looks next.
    """
    async with installation() as opened:
        await pause(opened.configuration, app_id, actor=actor(), reason=reason, now=utc_now())
    text = f"{app_id} is paused. Changes wait; go on with: seatkeeper resume {app_id}"
    speak([{"app": app_id, "status": "paused", "reason": reason}], text, json=json)
    return DONE


async def resume_app(app_id: str, /, *, json: Json = False) -> int:
    """Let a paused app go on: what waited is sent with the next breath of the engine."""
    async with installation() as opened:
        await resume(opened.configuration, app_id, actor=actor())
    speak([{"app": app_id, "status": "on"}], f"{app_id} is on again.", json=json)
    return DONE


async def run_app(
    app_id: AppId,
    /,
    *,
    full: Flag = False,
    user: OnlyUsers = None,
    group: OnlyGroups = None,
    plan: Path | None = None,
    reconcile: Flag = False,
    undo: str | None = None,
    strict: Strict = False,
    json: Json = False,
) -> int:
    """Run one cycle now, also while the app is off, and wait for its end.

    Parameters
    ----------
    full
        Look at everybody, not only at what changed.
    plan
        Carry out what this file of plan --out says, and nothing else. Whoever would
        get something else by now is refused by name, and the exit status is 1.
    reconcile
        Read the app again first, and send what is missing there, too: reconcile --repair.
    undo
        Take back what this cycle wrote: its number or id. What cannot be undone is
        named, and the exit status is 1.
    """
    if undo is not None:
        if full or user or group or reconcile or plan:
            raise BadInput("--undo takes back a whole cycle; it goes with no other choice.")
        return await take_back(app_id, undo, json=json)
    if plan is not None:
        if full or user or group or reconcile:
            raise BadInput(
                "A plan names its people itself.",
                advice="Leave out --full, --user, --group and --reconcile.",
            )
        return await carry_out(app_id, plan, json=json)
    if reconcile:
        return await reconcile_app(app_id, user=user, group=group, repair=True, json=json)
    async with installation() as opened:
        wish = await wish_for(opened, user, group, full=full)
        bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
        cycle = await run_somewhere(opened, app_id, wish, bar)
        bar.end()
        records = await steps_of_cycle(opened, app_id, wish, cycle)
    plain: Plain = {"app": app_id, **cycle_plain(cycle)}
    if records:
        plain["records"] = records
        if not json:
            show(Group(*map(steps_view, records)))
    speak([plain], told(app_id, cycle), json=json)
    if not cycle.finished or (strict and cycle.counters.waiting) or cycle.counters.only_failures:
        return FAILED
    return NEEDS_CONSENT if cycle.counters.held else DONE


async def retry(
    app_id: AppId,
    /,
    *,
    user: list[str] | None = None,
    group: list[str] | None = None,
    everybody: Annotated[bool, Parameter(name="--all", negative="")] = False,
    strict: Strict = False,
    json: Json = False,
) -> int:
    """Try again at once whoever waits after a failure, also those who were given up.

    Parameters
    ----------
    user
        This person (userName, e-mail or id); may be given several times.
    group
        This group (display name or id); may be given several times.
    everybody
        Everybody who waits, beside what changed since.
    """
    if bool(user or group) == everybody:
        raise BadInput("Say who is tried again.", advice="Give --user, --group, or only --all.")
    async with installation() as opened:
        await opened.configuration.app(app_id)
        wish = await wish_for(opened, user, group, full=False)
        named = [(Kind.USER, one) for one in wish.users]
        named += [(Kind.GROUP, one) for one in wish.groups]
        count = await try_again(
            opened.ledger,
            opened.configuration,
            app_id,
            None if everybody else named,
            actor=actor(),
            now=utc_now(),
        )
        if not count:
            text = f"Nothing waits in {app_id} that was asked for; nothing was tried."
            speak([{"app": app_id, "tried": 0}], text, json=json)
            return DONE
        bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
        cycle = await run_somewhere(opened, app_id, wish, bar)
        bar.end()
    speak([{"app": app_id, "tried": count, **cycle_plain(cycle)}], told(app_id, cycle), json=json)
    if not cycle.finished or (strict and cycle.counters.waiting) or cycle.counters.all_failed:
        return FAILED
    return NEEDS_CONSENT if cycle.counters.held else DONE


async def restart(
    app_id: AppId, /, *, reset: str = ",".join(RESET_BY_DEFAULT), json: Json = False
) -> int:
    """Forget where the last cycle ended, so that the next one looks at everybody again.

    Parameters
    ----------
    reset
        What is forgotten, comma separated: links, watermark, escrows, quarantine.
        Without links, everybody is matched again; no account is made twice.
    """
    names = tuple(name.strip() for name in reset.split(",") if name.strip())
    if not names:
        raise BadInput("Nothing to reset.", advice="Name links, watermark, escrows or quarantine.")
    async with installation() as opened:
        await opened.configuration.app(app_id)
        await opened.ledger.reset(app_id, names, actor=actor())
        await opened.configuration.record_decision(
            actor(), "restart", app_id, {"reset": list(names)}
        )
    text = f"{app_id} starts anew; forgotten: {', '.join(names)}."
    speak([{"app": app_id, "reset": list(names)}], text, json=json)
    return DONE
