"""Commands about one app: test-connection, on, off, run, retry, restart."""

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from rich.console import Group

from seatkeeper.cli.carrying_out import carry_out
from seatkeeper.cli.commands_config import Json
from seatkeeper.cli.commands_plan import wish_for
from seatkeeper.cli.out import DONE, FAILED, NEEDS_CONSENT, actor, installation, show, speak
from seatkeeper.cli.render_plan import steps_view
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.cli.views import Plain, cycle_plain
from seatkeeper.cli.views_plan import steps_of_cycle
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import change_settings
from seatkeeper.directory.model import Kind
from seatkeeper.errors import BadInput

RESET_BY_DEFAULT = ("watermark", "escrows", "quarantine")


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(test_connection, name="test-connection")
    app.command(switch_on, name="on")
    app.command(switch_off, name="off")
    app.command(run_app, name="run")
    app.command(retry)
    app.command(restart)


async def test_connection(app_id: str, /, *, json: Json = False) -> int:
    """Prove address and token with one harmless read.

    Parameters
    ----------
    app_id
        The configured app.
    """
    async with installation() as opened:
        proven = await opened.test_connection(app_id)
    speak([{"app": app_id, "connected": True, "message": proven}], proven, json=json)
    return DONE


async def switch_on(app_id: str, /, *, json: Json = False) -> int:
    """Switch provisioning on: the initial cycle starts with the next breath of the engine."""
    async with installation() as opened:
        await opened.target(app_id)
        await change_settings(
            opened.configuration, app_id, actor=actor(), status="on", mode="automatic"
        )
        holder = opened.lock().held_by()
    hint = "" if holder else " No engine runs here; start one with: seatkeeper serve"
    speak([{"app": app_id, "status": "on"}], f"{app_id} is on.{hint}", json=json)
    return DONE


async def switch_off(app_id: str, /, *, json: Json = False) -> int:
    """Switch provisioning off: a cycle that runs ends after the batch at hand; nothing is lost."""
    async with installation() as opened:
        await change_settings(opened.configuration, app_id, actor=actor(), status="off")
    speak([{"app": app_id, "status": "off"}], f"{app_id} is off.", json=json)
    return DONE


async def run_app(
    app_id: str,
    /,
    *,
    full: Annotated[bool, Parameter(negative="")] = False,
    user: list[str] | None = None,
    group: list[str] | None = None,
    plan: Path | None = None,
    strict: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
) -> int:
    """Run one cycle now, also while the app is off, and wait for its end.

    Parameters
    ----------
    app_id
        The configured app.
    full
        Look at everybody, not only at what changed.
    user
        Only this person (userName, e-mail or id); may be given several times.
    group
        Only this group (display name or id); may be given several times.
    plan
        Carry out what this file of plan --out says, and nothing else. Whoever would
        get something else by now is refused by name, and the exit status is 1.
    strict
        Exit with 1 when any record waits after the cycle.
    """
    if plan is not None:
        if full or user or group:
            raise BadInput(
                "A plan names its people itself.", advice="Leave out --full, --user and --group."
            )
        return await carry_out(app_id, plan, json=json)
    async with installation() as opened:
        wish = await wish_for(opened, user, group, full=full)
        bar = ProgressBar(quiet=json)
        cycle = await run_somewhere(opened, app_id, wish, bar)
        bar.end()
        records = await steps_of_cycle(opened, app_id, wish, cycle)
    plain: Plain = {"app": app_id, **cycle_plain(cycle)}
    if records:
        plain["records"] = records
        if not json:
            show(Group(*map(steps_view, records)))
    speak([plain], told(app_id, cycle), json=json)
    if not cycle.finished or (strict and cycle.counters.waiting):
        return FAILED
    return NEEDS_CONSENT if cycle.counters.held else DONE


async def retry(
    app_id: str,
    /,
    *,
    user: list[str] | None = None,
    group: list[str] | None = None,
    everybody: Annotated[bool, Parameter(name="--all", negative="")] = False,
    strict: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
) -> int:
    """Try again at once whoever waits after a failure, also those who were given up.

    Parameters
    ----------
    app_id
        The configured app.
    user
        This person (userName, e-mail or id); may be given several times.
    group
        This group (display name or id); may be given several times.
    everybody
        Everybody who waits, beside what changed since.
    strict
        Exit with 1 when any record waits after the cycle.
    """
    if bool(user or group) == everybody:
        raise BadInput("Say who is tried again.", advice="Give --user, --group, or only --all.")
    async with installation() as opened:
        await opened.configuration.app(app_id)
        wish = await wish_for(opened, user, group, full=False)
        named = [(Kind.USER, one) for one in wish.users]
        named += [(Kind.GROUP, one) for one in wish.groups]
        count = await opened.ledger.retry_now(app_id, None if everybody else named, utc_now())
        if not count:
            text = f"Nothing waits in {app_id} that was asked for; nothing was tried."
            speak([{"app": app_id, "tried": 0}], text, json=json)
            return DONE
        await opened.configuration.record_decision(
            actor(), "retry", app_id, {"records": [one for _, one in named] or "all"}
        )
        bar = ProgressBar(quiet=json)
        cycle = await run_somewhere(opened, app_id, wish, bar)
        bar.end()
    speak([{"app": app_id, "tried": count, **cycle_plain(cycle)}], told(app_id, cycle), json=json)
    if not cycle.finished:
        return FAILED
    return FAILED if strict and cycle.counters.waiting else DONE


async def restart(
    app_id: str, /, *, reset: str = ",".join(RESET_BY_DEFAULT), json: Json = False
) -> int:
    """Forget where the last cycle ended, so that the next one looks at everybody again.

    Parameters
    ----------
    app_id
        The configured app.
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
