"""Commands about the directory: import-people, people, groups."""

from pathlib import Path
from typing import Annotated

import cyclopts
from rich.table import Table
from rich.text import Text

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.commands_erase import erase_person
from seatkeeper.cli.commands_give import give_group, give_people
from seatkeeper.cli.import_bar import rows_shown
from seatkeeper.cli.out import DONE, actor, installation, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now
from seatkeeper.connectors.people_files import check_people_file, read_people
from seatkeeper.directory.attributes import Type, user_attribute
from seatkeeper.directory.model import Membership, User, Value
from seatkeeper.errors import InvalidValue
from seatkeeper.facts.people import group_plain, user_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.ports import UserEdit
from seatkeeper.words import number_of

InnerGroups = Annotated[tuple[str, ...], cyclopts.Parameter(name="--group", negative="")]
"""Groups that become members of a group, or cease to be; the option may be said several times."""


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    app.command(import_people, name="import-people")
    people = cyclopts.App(name="people", help="Look at people of the directory, and change them.")
    people.default(list_people)
    for command, name in (
        (list_people, "list"),
        (show_person, "show"),
        (set_person, "set"),
        (enable_person, "enable"),
        (disable_person, "disable"),
        (delete_person, "delete"),
        (restore_person, "restore"),
        (purge_person, "purge"),
        (erase_person, "erase"),
        (give_people, "give"),
    ):
        people.command(command, name=name)
    app.command(people)
    groups = cyclopts.App(name="groups", help="Look at groups of the directory, and change them.")
    groups.default(list_groups)
    for group_command, name in (
        (list_groups, "list"),
        (show_group, "show"),
        (create_group, "create"),
        (rename_group, "rename"),
        (add_members, "add"),
        (remove_members, "remove"),
        (delete_group, "delete"),
        (give_group, "give"),
    ):
        groups.command(group_command, name=name)
    app.command(groups)


async def import_people(file: Path, /, *, json: Json = False) -> int:
    """Bring people from a CSV or JSONL file into the directory.

    The whole file is checked first; with one fault nothing is written. People
    are found by userPrincipalName. Columns that the file lacks stay as they are.

    Parameters
    ----------
    file
        Ends in .csv or .jsonl.
    """
    checked = check_people_file(file)
    async with installation() as opened:
        rows = rows_shown(read_people(file, digest=checked.digest), checked.rows, quiet=json)
        done = await opened.people_import.apply_rows(
            checked.digest, rows, total=checked.rows, actor=actor()
        )
    plain = {
        "file": str(file),
        "rows": done.rows,
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "groups_created": done.groups_created,
        "continued_from": done.continued_from,
    }
    people = number_of(done.rows, "person", "people")
    text = (
        f"{people}: {done.created} created, {done.updated} updated, {done.unchanged} unchanged; "
        f"{number_of(done.groups_created, 'group')} created."
    )
    if done.continued_from:
        text += f" Gone on after row {done.continued_from} of an interrupted import."
    speak([plain], text, json=json)
    return DONE


async def list_people(*, limit: int = 50, after: str = "", json: Json = False) -> int:
    """List people in the order of their ids."""
    async with installation() as opened:
        users = await opened.directory.all_users(after=after, limit=limit)
        plains = [await _person(opened, user) for user in users] if json else []
    table = Table(box=None, pad_edge=False)
    for title in ("User name", "Name", "State"):
        table.add_column(title, overflow="fold")
    for user in users:
        table.add_row(Text(user.user_name), Text(user.display_name), Text(_state(user)))
    empty = "Nobody is in the directory yet. Bring people in with: seatkeeper import-people FILE"
    speak(plains, table if users else empty, json=json)
    return DONE


async def show_person(who: str, /, *, json: Json = False) -> int:
    """Show one person with manager and groups."""
    async with installation() as opened:
        user = await opened.directory.user(who)
        plain = await _person(opened, user)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("State", _state(user))
    for name, value in sorted(user.attributes.items()):
        table.add_row(name, Text(", ".join(value) if isinstance(value, tuple) else str(value)))
    table.add_row("manager", Text(str(plain["manager"] or "–")))
    table.add_row("groups", Text(_listed(plain["groups"]) or "–"))
    table.add_row("objectId", Text(user.id))
    speak([plain], table, json=json)
    return DONE


async def set_person(who: str, /, *changes: str, json: Json = False) -> int:
    """Change attributes of a person: NAME=VALUE, an empty value removes.

    Parameters
    ----------
    who
        UserName, e-mail or id.
    changes
        Such as jobTitle="Team lead", manager=ana@larkspur.example, or city= to remove it.
    """
    async with installation() as opened:
        user = await opened.directory.user(who)
        edit = await edit_of(opened, changes)
        after = await opened.directory.edit_user(user.id, edit, actor=actor())
        plain = await _person(opened, after)
    same = after == user
    text = f"{after.display_name}: {'nothing to change' if same else 'changed'}."
    speak([plain], text, json=json)
    return DONE


async def enable_person(who: str, /, *, json: Json = False) -> int:
    """Let a person sign in again."""
    return await _switch(who, enabled=True, json=json)


async def disable_person(who: str, /, *, json: Json = False) -> int:
    """Block a person's sign-in: their accounts are deactivated with the next cycle."""
    return await _switch(who, enabled=False, json=json)


async def delete_person(who: str, /, *, json: Json = False) -> int:
    """Delete a person; for 30 days they can be restored."""
    async with installation() as opened:
        user = await opened.directory.user(who)
        await opened.directory.delete_user(user.id, actor=actor(), now=utc_now())
    text = f"{user.display_name} is deleted and can be restored for 30 days."
    speak([{"id": user.id, "deleted": True}], text, json=json)
    return DONE


async def restore_person(who: str, /, *, json: Json = False) -> int:
    """Bring a deleted person back as they were."""
    async with installation() as opened:
        user = await opened.directory.user(who)
        await opened.directory.restore_user(user.id, actor=actor())
    speak([{"id": user.id, "restored": True}], f"{user.display_name} is back.", json=json)
    return DONE


async def purge_person(who: str, /, *, json: Json = False) -> int:
    """Remove a person for good; this cannot be undone."""
    async with installation() as opened:
        user = await opened.directory.user(who)
        await opened.directory.purge_user(user.id, actor=actor())
    speak([{"id": user.id, "purged": True}], f"{user.display_name} is gone for good.", json=json)
    return DONE


async def _person(opened: Installation, user: User) -> Plain:
    """Return one person with the manager's user name and the names of their groups."""
    groups = [group.display_name for group in await opened.directory.groups_of(user.id)]
    bosses = await opened.directory.users([user.manager_id] if user.manager_id else [])
    manager = bosses.get(user.manager_id or "")
    return user_plain(user, manager=manager.user_name if manager else "", groups=groups)


def _listed(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else ""


async def list_groups(*, limit: int = 100, after: str = "", json: Json = False) -> int:
    """List groups in the order of their ids."""
    async with installation() as opened:
        groups = await opened.directory.all_groups(after=after, limit=limit)
        members = {one.id: await _member_names(opened, one.id) for one in groups} if json else {}
    table = Table(box=None, pad_edge=False)
    for title in ("Group", "Id"):
        table.add_column(title, overflow="fold")
    for group in groups:
        table.add_row(Text(group.display_name), Text(group.id))
    text = table if groups else "There is no group yet."
    speak([group_plain(group, members.get(group.id)) for group in groups], text, json=json)
    return DONE


async def show_group(group: str, /, *, json: Json = False) -> int:
    """Show a group and its direct members."""
    async with installation() as opened:
        found = await opened.directory.group(group)
        members = await _member_names(opened, found.id)
    plain = group_plain(found, members)
    text = f"{found.display_name}: {number_of(len(members), 'member')}\n" + "\n".join(members)
    speak([plain], text.rstrip(), json=json)
    return DONE


async def create_group(name: str, /, *, json: Json = False) -> int:
    """Make a group."""
    async with installation() as opened:
        made = await opened.directory.create_group(name, actor=actor())
    speak([group_plain(made)], f"{made.display_name} is made.", json=json)
    return DONE


async def rename_group(group: str, name: str, /, *, json: Json = False) -> int:
    """Give a group another name."""
    async with installation() as opened:
        found = await opened.directory.group(group)
        made = await opened.directory.edit_group(found.id, {"displayName": name}, actor=actor())
    text = f"{found.display_name} is now {made.display_name}."
    speak([group_plain(made)], text, json=json)
    return DONE


async def add_members(
    group: str, /, *people: str, inner: InnerGroups = (), json: Json = False
) -> int:
    """Put people, or other groups, into a group."""
    return await _change_members(group, people, inner, add=True, json=json)


async def remove_members(
    group: str, /, *people: str, inner: InnerGroups = (), json: Json = False
) -> int:
    """Take people, or other groups, out of a group."""
    return await _change_members(group, people, inner, add=False, json=json)


async def delete_group(group: str, /, *, json: Json = False) -> int:
    """Delete a group for good, with its memberships and assignments."""
    async with installation() as opened:
        found = await opened.directory.group(group)
        await opened.directory.delete_group(found.id, actor=actor())
    speak([{"id": found.id, "deleted": True}], f"{found.display_name} is gone.", json=json)
    return DONE


async def _switch(who: str, *, enabled: bool, json: bool) -> int:
    async with installation() as opened:
        user = await opened.directory.user(who)
        after = await opened.directory.edit_user(user.id, UserEdit(enabled=enabled), actor=actor())
        plain = await _person(opened, after)
    speak([plain], f"{after.display_name} is {_state(after)}.", json=json)
    return DONE


async def _change_members(
    group: str, people: tuple[str, ...], inner: tuple[str, ...], *, add: bool, json: bool
) -> int:
    async with installation() as opened:
        found = await opened.directory.group(group)
        ids = [(await opened.directory.user(one)).id for one in people]
        ids += [(await opened.directory.group(one)).id for one in inner]
        await opened.directory.change_members(
            found.id, add=ids if add else (), remove=() if add else ids, actor=actor()
        )
        members = await _member_names(opened, found.id)
    text = f"{found.display_name} has {number_of(len(members), 'member')}."
    speak([group_plain(found, members)], text, json=json)
    return DONE


async def _member_names(opened: Installation, group_id: str) -> list[str]:
    members: list[Membership] = []
    while True:
        after = members[-1].member_id if members else ""
        page = await opened.directory.memberships(group_id, after=after)
        if not page:
            break
        members.extend(page)
    users = await opened.directory.users([one.member_id for one in members])
    groups = await opened.directory.groups([one.member_id for one in members])
    names = [user.user_name for user in users.values()]
    return sorted(names) + sorted(f"group {group.display_name}" for group in groups.values())


async def edit_of(opened: Installation, changes: tuple[str, ...]) -> UserEdit:
    """Return the edit that NAME=VALUE texts write. Raises ``InvalidValue`` for another text."""
    if not changes:
        raise InvalidValue("Nothing to change.", advice='Say for example jobTitle="Team lead".')
    attributes: dict[str, Value | None] = {}
    enabled: bool | None = None
    manager: str | None = None
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise InvalidValue(f"{change!r} is no NAME=VALUE.")
        if name == "manager":
            manager = (await opened.directory.user(text)).id if text else ""
        elif name == "accountEnabled":
            if text.lower() not in {"true", "false"}:
                raise InvalidValue("accountEnabled takes true or false.")
            enabled = text.lower() == "true"
        else:
            attributes[name] = _value(name, text)
    return UserEdit(attributes, enabled, manager)


def _value(name: str, text: str) -> Value | None:
    if not text:
        return None
    attribute = user_attribute(name)
    if attribute is not None and attribute.type is Type.STRINGS:
        return tuple(one for one in text.split(";") if one)
    return text


def _state(user: User) -> str:
    if user.deleted_at is not None:
        return f"deleted on {user.deleted_at:%Y-%m-%d}"
    return "active" if user.enabled else "disabled"
