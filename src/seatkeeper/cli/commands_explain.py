"""The command that answers: why, why not, why this value, and what if.

On top of everything. The answers are those of ``provisioning``; what is tried
out happens in a rehearsal that leaves nothing behind.
"""

from dataclasses import dataclass
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import render
from seatkeeper.cli.commands_people import edit_of
from seatkeeper.cli.out import DONE, actor, installation, speak
from seatkeeper.cli.parameters import AppId, Flag, Json
from seatkeeper.cli.render_explain import origin_view, whatif_view
from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.errors import BadInput, InvalidValue
from seatkeeper.facts.explain import explanation_plain, held_plain, origin_plain, whatif_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.whatif import Tried, hollow, readers


def register(app: cyclopts.App) -> None:
    """Add this command to the command line."""
    app.command(explain)


async def explain(
    app_id: AppId,
    user: str,
    /,
    *,
    group: Flag = False,
    value: str | None = None,
    if_: Annotated[list[str] | None, Parameter(name="--if")] = None,
    if_joins: list[str] | None = None,
    if_leaves: list[str] | None = None,
    if_unassigned: Flag = False,
    if_removed: Flag = False,
    json: Json = False,
) -> int:
    """Answer why a person has an account in an app or none, why a value is so, and what if.

    Parameters
    ----------
    user
        UserName, e-mail or id.
    group
        The name is that of a group.
    value
        Where this one value comes from: the app's attribute path, or our attribute's name.
    if_
        What would follow if this attribute changed: NAME=VALUE; may be given several times.
    if_joins
        What would follow if they joined this group.
    if_leaves
        What would follow if they left this group.
    if_unassigned
        What would follow if the app were no longer assigned to them.
    if_removed
        What would follow if the person or group were deleted.
    """
    kind = Kind.GROUP if group else Kind.USER
    wanted = _Wanted(tuple(if_ or ()), tuple(if_joins or ()), tuple(if_leaves or ()),
                     if_unassigned, if_removed)  # fmt: skip
    if value is not None and wanted.anything:
        raise BadInput("--value asks where a value comes from; it goes with no --if.")
    async with installation() as opened:
        record_id, name = await opened.known(kind, user)
        if value is not None:
            found = await opened.origin(app_id, kind, record_id, value)
            origin = origin_plain(app_id, name, found)
            speak([origin], origin_view(origin), json=json)
            return DONE
        if wanted.anything:
            plain = await _rehearsed(opened, app_id, kind, record_id, name, wanted)
            speak([plain], whatif_view(plain), json=json)
            return DONE
        answer = await opened.explain(app_id, user, kind)
        standing = await opened.standing(app_id)
    explained = {**explanation_plain(app_id, user, answer), "standing": standing}
    speak([explained], render.explain_view(explained), json=json)
    return DONE


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be tried out."""

    attributes: tuple[str, ...]
    joins: tuple[str, ...]
    leaves: tuple[str, ...]
    unassigned: bool
    removed: bool

    @property
    def anything(self) -> bool:
        """Whether there is anything to try."""
        return any((self.attributes, self.joins, self.leaves, self.unassigned, self.removed))

    @property
    def text(self) -> str:
        """It, in words."""
        parts = [
            *([f"has {', '.join(self.attributes)}"] if self.attributes else []),
            *(f"joins {one}" for one in self.joins),
            *(f"leaves {one}" for one in self.leaves),
            *(["is no longer assigned"] if self.unassigned else []),
            *(["is removed"] if self.removed else []),
        ]
        return ", ".join(parts)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that would change."""
        return tuple(one.partition("=")[0] for one in self.attributes)


async def _rehearsed(
    opened: Installation, app_id: str, kind: Kind, record_id: str, name: str, wanted: _Wanted
) -> Plain:
    """Try it out, and say what it leads to; nothing of it stays."""
    rules = await opened.rules(app_id)
    before = await opened.explain(app_id, record_id, kind)
    [known] = await opened.ledger.facts(app_id, kind, [record_id])
    member_of = {one.id for one in await opened.directory.groups_of(record_id)}
    tried = Tried(
        wanted.names,
        await _named(opened, wanted.joins),
        await _named(opened, wanted.leaves),
        wanted.unassigned,
        wanted.removed,
    )
    async with opened.rehearsal() as staged:
        anyway = await staged.expected(app_id, after=await staged.ledger.last_change())
        await _try(staged, app_id, kind, record_id, wanted)
        [edited] = await staged.ledger.facts(app_id, kind, [record_id])
        found = await staged.consequences(app_id, anyway)
        held = await staged.held_back(app_id)
        after = await staged.explain(app_id, record_id, kind)
        after = after if after.since == before.since else after.without_since()
    others = {
        stored.application.id: read
        for stored in await opened.configuration.apps()
        if stored.application.id != app_id
        and (read := readers(wanted.names, await opened.rules(stored.application.id)))
    }
    without_effect = hollow(tried, known, edited.record, rules, member_of=member_of)
    changes = [one for record in found.affected for one in record.changes]
    called = await opened.called(app_id, changes)
    answers = (before, after)
    plain = whatif_plain(app_id, name, wanted.text, answers, found, others, without_effect, called)
    return {**plain, "held": held_plain(found, held)}


async def _named(opened: Installation, groups: tuple[str, ...]) -> dict[str, str]:
    found = [await opened.directory.group(one) for one in groups]
    return {one.id: one.display_name for one in found}


async def _try(
    staged: Installation, app_id: str, kind: Kind, record_id: str, wanted: _Wanted
) -> None:
    directory, who = staged.directory, actor()
    if wanted.attributes and kind is Kind.USER:
        await directory.edit_user(record_id, await edit_of(staged, wanted.attributes), actor=who)
    elif wanted.attributes:
        edit = dict(map(_pair, wanted.attributes))
        await directory.edit_group(record_id, edit, actor=who)
    for one in wanted.joins:
        group = await directory.group(one)
        await directory.change_members(group.id, add=[record_id], actor=who)
    for one in wanted.leaves:
        group = await directory.group(one)
        await directory.change_members(group.id, remove=[record_id], actor=who)
    if wanted.unassigned:
        await directory.unassign(app_id, record_id, actor=who)
    if wanted.removed and kind is Kind.USER:
        await directory.delete_user(record_id, actor=who, now=utc_now())
    elif wanted.removed:
        await directory.delete_group(record_id, actor=who)


def _pair(change: str) -> tuple[str, str | None]:
    name, equals, text = change.partition("=")
    if not equals:
        raise InvalidValue(f"{change!r} is no NAME=VALUE.")
    return name, text or None
