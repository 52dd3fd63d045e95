"""Commands about who may sign in: administrators list, invite, role, remove-second-factor, remove.

On top of everything. Also for whoever lost access: this needs no sign-in, only
the right to open the database.
"""

import cyclopts
from rich.table import Table
from rich.text import Text

from seatkeeper.administration.model import Administrator
from seatkeeper.cli.out import DONE, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    administrators = cyclopts.App(
        name="administrators", help="Who may sign in to the console, and what they may do."
    )
    administrators.command(listed, name="list")
    administrators.command(invite)
    administrators.command(role)
    administrators.command(remove_second_factor)
    administrators.command(remove)
    app.command(administrators)


async def listed(*, json: Json = False) -> int:
    """List everybody who may sign in, by e-mail address."""
    async with installation() as opened:
        found = opened.administrators.everybody()
        coded = opened.second_factors.owners()
    if not found and not json:
        show("Nobody may sign in yet. `seatkeeper serve` prints a link for the first one.")
        return DONE
    table = Table(box=None, pad_edge=False)
    for title in ("E-mail", "Name", "Role", "Of apps", "State", "Code"):
        table.add_column(title, overflow="fold")
    for one in found:
        cells = (one.email, one.name, one.role.value, ", ".join(sorted(one.apps)), _state(one))
        table.add_row(*(Text(cell) for cell in (*cells, "yes" if one.id in coded else "")))
    plain = ({**_plain(one), "second_factor": one.id in coded} for one in found)
    speak(plain, table, json=json)
    return DONE


async def invite(email: str, /, *, role: str = "viewer", apps: str = "", json: Json = False) -> int:
    """Print a link with which somebody chooses a passphrase; it works once, for 15 minutes.

    For somebody who is there already this is how they get in again; they keep
    their role, and the old passphrase works until the link was used.

    Parameters
    ----------
    email
        Their e-mail address; nothing is sent there.
    role
        viewer, operator, app-admin or administrator; for somebody new.
    apps
        Of which apps an app-admin is one, separated by commas.
    """
    async with installation() as opened:
        invited, link = opened.administrators.invite(
            email, role, _apps(apps), actor=actor(), now=utc_now()
        )
        url = opened.link_url(link)
    if json:
        print_json({**_plain(invited), "link": url})
        return DONE
    show(f"Link for {invited.email} ({invited.role.value}), for 15 minutes and once:\n\n  {url}")
    return DONE


async def role(email: str, role: str, /, *, apps: str = "", json: Json = False) -> int:
    """Give somebody another role; they are signed out everywhere.

    Parameters
    ----------
    email
        Their e-mail address.
    role
        viewer, operator, app-admin or administrator.
    apps
        Of which apps an app-admin is one, separated by commas.
    """
    async with installation() as opened:
        held = opened.administrators.by_email(email)
        changed = opened.administrators.change_role(held.id, role, _apps(apps), actor=actor())
    speak([_plain(changed)], f"{changed.email} is {changed.role.value} now.", json=json)
    return DONE


async def remove_second_factor(email: str, /, *, json: Json = False) -> int:
    """Let somebody who lost device and recovery codes in by passphrase alone; they are signed out.

    They set up another under Settings, You.

    Parameters
    ----------
    email
        Their e-mail address.
    """
    async with installation() as opened:
        held = opened.administrators.by_email(email)
        opened.second_factors.remove(held, actor=actor())
    speak([_plain(held)], f"{held.email} signs in by passphrase alone now.", json=json)
    return DONE


async def remove(email: str, /, *, json: Json = False) -> int:
    """Take somebody's access to the console away; they are signed out everywhere.

    Parameters
    ----------
    email
        Their e-mail address.
    """
    async with installation() as opened:
        held = opened.administrators.by_email(email)
        removed = opened.administrators.remove(held.id, actor=actor())
    speak([_plain(removed)], f"{removed.email} may no longer sign in.", json=json)
    return DONE


def _apps(text: str) -> list[str]:
    return [word for one in text.split(",") if (word := one.strip())]


def _state(one: Administrator) -> str:
    return "may sign in" if one.ready else "invited"


def _plain(one: Administrator) -> dict[str, object]:
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "role": one.role.value,
        "apps": sorted(one.apps),
        "state": _state(one),
    }
