"""Commands about the past: statistics, retention."""

from collections.abc import Sequence

import cyclopts
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.out import DONE, installation, print_json, show, speak
from seatkeeper.cli.parameters import Flag, Json
from seatkeeper.cli.render import counted, duration
from seatkeeper.cli.render_history import span_words, statistics_lines
from seatkeeper.clock import utc_now
from seatkeeper.facts.cycles import cycle_plain
from seatkeeper.facts.history import day_plain
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.history import IDLE_DAYS, Day
from seatkeeper.words import number_of

UNBOUNDED = 1_000_000


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(statistics)
    app.command(retention)


async def statistics(app_id: str, /, *, days: int = 14, cycles: int = 5, json: Json = False) -> int:
    """Show how an app's days and latest cycles went: counts, requests, times.

    Parameters
    ----------
    app_id
        The app.
    days
        At most so many days on which a cycle ended (UTC), newest first.
    cycles
        At most so many cycles, newest first.
    """
    async with installation() as opened:
        await opened.configuration.app(app_id)
        by_day = await opened.ledger.days(app_id, limit=days)
        latest = await opened.ledger.cycles(app_id, limit=cycles)
    if json:
        for plain in [*map(day_plain, by_day), *map(cycle_plain, latest)]:
            print_json(plain)
        return DONE
    show(_view(by_day, latest))
    return DONE


async def retention(*, apply: Flag = False, json: Json = False) -> int:
    """Say what is kept for how long; a running engine removes what is older by itself.

    Parameters
    ----------
    apply
        Remove now what is older, all of it.
    """
    async with installation() as opened:
        forgetting = opened.housekeeping.forgetting()
        removed = await forgetting.look(utc_now(), most=UNBOUNDED) if apply else 0
        kept = await opened.ledger.kept()
        keeps = {
            "log": forgetting.keeps.log,
            "cycles": forgetting.keeps.cycles,
            "messages": forgetting.keeps.messages,
            "changes": forgetting.keeps.changes,
        }
    plains = [
        {
            "what": name,
            "days": keeps[name],
            "count": one.count,
            "oldest": one.oldest.isoformat(timespec="seconds") if one.oldest else None,
        }
        for name, one in kept.items()
    ]
    table = Table(box=None, pad_edge=False)
    for title in ("What", "Kept for", "There are", "Oldest"):
        table.add_column(title, overflow="fold")
    for name, one in kept.items():
        oldest = f"{one.oldest:%Y-%m-%d}" if one.oldest else "–"
        table.add_row(name, number_of(keeps[name], "day"), f"{one.count:,}", oldest)
    speak(plains, table, json=json)
    if not json:
        if apply:
            show(f"\nRemoved: {number_of(removed, 'row')}.")
        show(
            f"\nCycles that did nothing are kept for {IDLE_DAYS} days. The log of a cycle "
            "that is kept stays,\nand so do the last entry of everybody with an account, "
            "changes that an app\nhas still to look at, and the audit trail."
        )
    return DONE


def _view(days: Sequence[Day], latest: Sequence[Cycle]) -> RenderableType:
    if not days and not latest:
        return Text("No cycle has run yet.")
    table = Table(box=None, pad_edge=False)
    for title in ("Day (UTC)", "Cycles", "What they did", "Requests", "Half within", "Late by"):
        table.add_column(title, overflow="fold")
    for one in days:
        idle = f" ({one.idle} idle)" if one.idle else ""
        times, lags = one.statistics.times, one.statistics.lags
        table.add_row(
            one.day.isoformat(),
            f"{one.cycles}{idle}",
            Text(counted(one.counters.to_plain()) or "no change"),
            f"{one.counters.requests:,}",
            f"{times.within(0.5)} ms" if times.number else "–",
            f"{span_words(lags.within(0.99))} (99 %)" if lags.number else "–",
        )
    parts: list[RenderableType] = [table]
    for cycle in latest:
        plain = cycle_plain(cycle)
        took = duration(float(str(plain["seconds"]))) if cycle.ended else "not ended"
        head = f"\nCycle {cycle.number}, {cycle.kind}, {cycle.started:%Y-%m-%d %H:%M} UTC, {took}"
        parts.append(Text(f"{head}: {counted(plain) or 'no change'}"))
        parts += [Text(f"  {line}") for line in statistics_lines(cycle.statistics)]
    return Group(*parts)
