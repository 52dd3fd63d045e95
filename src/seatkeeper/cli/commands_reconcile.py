"""The command that reads an app again: reconcile.

On top of everything. What is found is ``provisioning.reconcile``'s, and carried out
by a cycle like any other; this page names the records and chooses the exit status.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import cyclopts
from rich.console import Group, RenderableType
from rich.text import Text

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.commands_plan import wish_for
from seatkeeper.cli.out import (
    CHANGES_PLANNED,
    DONE,
    FAILED,
    NEEDS_CONSENT,
    installation,
    show,
    speak,
)
from seatkeeper.cli.parameters import AppId, Flag, Json, OnlyGroups, OnlyUsers
from seatkeeper.cli.render import clean
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput
from seatkeeper.facts.cycles import cycle_plain
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.facts.plain import Plain
from seatkeeper.facts.reconcile import ends_of, finding_plain, reconciled_plain
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.reconcile import Finding

MOST: Final = 5
"""Memberships of one group that are shown to people; --json has them all."""

_PAGE: Final = 500


def register(app: cyclopts.App) -> None:
    """Add this command to the command line."""
    app.command(reconcile_app, name="reconcile")


async def reconcile_app(
    app_id: AppId,
    /,
    *,
    user: OnlyUsers = None,
    group: OnlyGroups = None,
    repair: Flag = False,
    last: Flag = False,
    json: Json = False,
) -> int:
    """Read the app again and report what is not there as it was written.

    Parameters
    ----------
    repair
        Send what is missing or changed, under the deletion guard. Accounts that
        nobody manages stay as they are.
    last
        Show what was found last; the app is not asked.
    """
    if last and (repair or user or group):
        raise BadInput("--last shows what was found last; it goes with no other option.")
    async with installation() as opened:
        await opened.configuration.app(app_id)
        if last:
            plain: Plain = {"app": app_id}
            findings = await _all(opened, app_id)
            plain |= await _found(opened, app_id, findings)
            speak([plain], _view(plain), json=json)
            return CHANGES_PLANNED if any(one.repairable for one in findings) else DONE
        named = await wish_for(opened, user, group)
        wish = Wish(users=named.users, groups=named.groups, reconcile=True, repair=repair)
        bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
        cycle = await run_somewhere(opened, app_id, wish, bar)
        bar.end()
        findings = await _all(opened, app_id)
        if wish.on_demand:
            keys = {(Kind.USER, one) for one in wish.users}
            keys |= {(Kind.GROUP, one) for one in wish.groups}
            findings = [one for one in findings if (one.kind, one.record_id) in keys]
        plain = {"app": app_id, **cycle_plain(cycle)}
        plain |= await _found(opened, app_id, findings)
    if not cycle.finished:
        speak([plain], told(app_id, cycle), json=json)
        return FAILED
    if not json:
        show(told(app_id, cycle))
    speak([plain], _view(plain, repaired=repair), json=json)
    if cycle.counters.held:
        return NEEDS_CONSENT
    if repair:
        return DONE
    return CHANGES_PLANNED if any(one.repairable for one in findings) else DONE


async def _all(opened: Installation, app_id: str) -> list[Finding]:
    found: list[Finding] = []
    after: tuple[Kind, str] | None = None
    while page := await opened.ledger.findings(app_id, after=after, limit=_PAGE):
        after = (page[-1].kind, page[-1].account_id)
        found += page
    return found


async def _found(opened: Installation, app_id: str, findings: Sequence[Finding]) -> Plain:
    rules = await opened.rules(app_id)
    called = await opened.called(app_id, ends_of(findings))
    hidden = {kind: found.hidden_paths for kind in Kind if (found := rules.mapping(kind))}
    last = await reconciled_plain(opened, app_id)
    return {
        "findings": [
            finding_plain(one, called, hidden.get(one.kind, frozenset())) for one in findings
        ],
        "unchecked": last["unchecked"] if last is not None else [],
        "read_at": last["ended_at"] if last is not None else None,
    }


def _view(plain: Plain, *, repaired: bool = False) -> RenderableType:
    """Show what was found, what could not be looked at, and what to do."""
    parts: list[RenderableType] = []
    findings = plain["findings"]
    assert isinstance(findings, list)  # noqa: S101 - made above
    if not findings and plain.get("checked") == 0:
        parts.append(Text("Nobody who was to be read has an account in the app."))
    elif plain["read_at"] is None and not findings and "checked" not in plain:
        parts.append(Text("The app was never read again as a whole."))
    elif not findings:
        parts.append(Text("Nothing differs from what was written."))
    if repaired and any(one["repairable"] for one in findings):
        parts.append(Text("What was found before it was written again:"))
    for one in findings:
        parts.append(
            Text.assemble(
                (clean(one["display_name"]), "bold"),
                f": {clean(one['found'])} (account {clean(one['account'])}) ",
                (clean(one["why"]), "dim"),
            )
        )
        differences = one["differences"]
        parts += [Text(f"    {_difference(each)}") for each in differences[:MOST]]
        if len(differences) > MOST:
            parts.append(Text(f"    and {len(differences) - MOST} more (--json has them all)"))
    unchecked = plain["unchecked"]
    assert isinstance(unchecked, list)  # noqa: S101 - made above
    parts += [
        Text(
            f"Cannot be checked: {clean(one['what'])} ({clean(one['kind'])}s). {clean(one['why'])}"
        )
        for one in unchecked
    ]
    if not repaired and any(one["repairable"] for one in findings):
        parts.append(Text(f"Repair with: seatkeeper reconcile {clean(plain['app'])} --repair"))
    return Group(*parts)


def _difference(one: Mapping[str, object]) -> str:
    if one["path"] == "members":
        who = clean(one["name"] or one["written"] or one["found"])
        what = "is not in it any more" if one["found"] is None else "was put in by hand"
        return f"{who} {what}"
    ends = {name: "empty" if one[name] is None else clean(one[name]) for name in _ENDS}
    wanted = "" if one["wanted"] == one["written"] else f", wanted now: {ends['wanted']}"
    path = short_path(clean(one["path"]))
    return f"{path}: {ends['found']} (written: {ends['written']}{wanted}; {clean(one['cause'])})"


_ENDS: Final = ("written", "found", "wanted")
