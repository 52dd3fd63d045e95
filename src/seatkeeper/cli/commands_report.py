"""Commands that tell: status, logs."""

import asyncio
import contextlib
import csv
import datetime as dt
import re
import sys
from collections.abc import Sequence
from typing import Literal

import cyclopts

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import render
from seatkeeper.cli.out import DONE, installation, print_json, show, speak
from seatkeeper.cli.parameters import Flag, Json, OnlyApp
from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.errors import BadInput, NotFound
from seatkeeper.facts.apps import app_plain
from seatkeeper.facts.log import log_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.four_steps import change_text
from seatkeeper.provisioning.log import LogEntry, Modified, Status
from seatkeeper.provisioning.naming import NOBODY, Called

FOLLOW_SECONDS = 0.5
_AGO = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CSV = ("number", "at", "app", "cycle", "kind", "record", "display_name", "account", "action",
        "status", "code", "reason", "changes")  # fmt: skip


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(status)
    app.command(logs)


async def status(app_id: OnlyApp = None, /, *, json: Json = False) -> int:
    """Say how every app is: running and last cycle, counts, who waits."""
    async with installation() as opened:
        if app_id is None:
            stored = list(await opened.configuration.apps())
        else:
            stored = [await opened.configuration.app(app_id)]
        plains = [await app_plain(opened, one) for one in stored]
        secrets = await opened.secret_ends(utc_now())
        ends = [one for one in secrets if app_id in {None, one.app_id}]
        sources = opened.token_ends(utc_now()) if app_id is None else []
    speak(plains, render.status_view(plains), json=json)
    if not json:
        spoken = [(one.title, one.meaning, one.todo) for one in sources]
        spoken += [(one.title, one.meaning, one.todo) for one in ends]
        for title, meaning, todo in spoken:
            show(f"\n{title}. {meaning}\n{todo}")
    return DONE


async def logs(
    app_id: OnlyApp = None,
    /,
    *,
    user: str | None = None,
    status: Status | None = None,
    since: str | None = None,
    limit: int = 100,
    follow: Flag = False,
    format: Literal["table", "csv", "jsonl"] = "table",  # noqa: A002 - the option's public name
    json: Json = False,
) -> int:
    """Show what was done, refused or skipped, newest last.

    Parameters
    ----------
    user
        Only this person or group (userName, e-mail, group name or id).
    status
        Only entries that ended so.
    since
        Only later entries: 30m, 24h, 7d, or a date such as 2026-03-02.
    limit
        At most so many, the newest.
    follow
        Stay and show what comes.
    format
        csv and jsonl print every field of every entry.
    """
    shape = "jsonl" if json else format
    async with installation() as opened:
        if app_id is not None:
            await opened.configuration.app(app_id)
        record = await _record_id(opened, user) if user is not None else None
        moment = _moment(since) if since is not None else None
        found = await opened.ledger.log(
            app_id, record_id=record, status=status, since=moment, limit=limit
        )
        plains = await _plains(opened, list(reversed(found)))
        _print(plains, shape, first=True)
        if user is not None and not plains and shape == "table":
            await _tell_former(opened, user, record)
        newest = int(str(plains[-1]["number"])) if plains else 0
        while follow:
            await asyncio.sleep(FOLLOW_SECONDS)
            later = await opened.ledger.log(
                app_id, record_id=record, status=status, after=newest, newest_first=False
            )
            if later:
                _print(await _plains(opened, later), shape, first=False)
                newest = later[-1][0]
    return DONE


async def _plains(opened: Installation, found: Sequence[tuple[int, LogEntry]]) -> list[Plain]:
    """Return log entries with the names of managers and members, as far as their app is known."""
    known = {stored.application.id for stored in await opened.configuration.apps()}
    called: dict[str, Called] = {}
    for app_id in {entry.app_id for _, entry in found} & known:
        changes = [one for _, entry in found if entry.app_id == app_id for one in entry.modified]
        called[app_id] = await opened.called(app_id, changes)
    return [log_plain(number, entry, called.get(entry.app_id, NOBODY)) for number, entry in found]


def _print(plains: list[Plain], shape: str, *, first: bool) -> None:
    if shape == "jsonl":
        for plain in plains:
            print_json(plain)
    elif shape == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if first:
            writer.writerow(_CSV)
        for plain in plains:
            writer.writerow([_cell(plain, name) for name in _CSV])
        sys.stdout.flush()
    elif first or plains:
        show(render.logs_view(plains))


def _cell(plain: Plain, name: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    value = plain[name]
    if name == "changes" and isinstance(value, list):
        value = "; ".join(
            change_text(Modified(one["path"], one["old"], one["new"])) for one in value
        )
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


async def _record_id(opened: Installation, who: str) -> str:
    for kind in Kind:
        with contextlib.suppress(NotFound):
            return (await opened.known(kind, who))[0]
    return who


async def _tell_former(opened: Installation, who: str, record: str | None) -> None:
    """Say under which id the log has an earlier bearer of the name."""
    for kind in Kind:
        with contextlib.suppress(NotFound):
            former, name = await opened.directory.former(kind, who)
            if former != record:
                show(f"An earlier {name} is gone; the log has: seatkeeper logs --user {former}")


def _moment(since: str) -> dt.datetime:
    ago = _AGO.fullmatch(since)
    if ago is not None:
        return utc_now() - dt.timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    try:
        moment = dt.datetime.fromisoformat(since)
    except ValueError as error:
        raise BadInput(
            f"{since!r} is no moment.", advice="Give 30m, 24h, 7d, or a date such as 2026-03-02."
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
