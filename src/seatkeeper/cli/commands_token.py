"""Commands about tokens of sources: token create, list, check, replace, revoke."""

import datetime as dt
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.out import DONE, FAILED, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now
from seatkeeper.directory.token_ends import Stage, TokenEnd, end_of, in_days, token_ends
from seatkeeper.store.inbound_tokens import SourceToken


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    token = cyclopts.App(name="token", help="Tokens with which HR systems push people in by SCIM.")
    token.command(create)
    token.command(listed, name="list")
    token.command(check)
    token.command(replace)
    token.command(revoke)
    app.command(token)


async def create(
    *,
    source: Annotated[str, Parameter(help="The name of the source, such as hr.")],
    may: str = "users,groups",
    expires: str = "365d",
    json: Json = False,
) -> int:
    """Make a token and show it, this once.

    Parameters
    ----------
    source
        The system that will push people in, such as hr. What it creates belongs
        to this name; a second token of one name sees the same people.
    may
        What it may reach, separated by commas: users, groups, and read-only to
        change nothing.
    expires
        Days such as 90d, a date such as 2027-03-31, or never.
    """
    now = utc_now()
    words = [word.strip() for word in may.split(",") if word.strip()]
    async with installation() as opened:
        made, text = opened.sources.tokens.issue(
            source, words, end_of(expires, now), actor=actor(), now=now
        )
        url = f"{opened.settings.public_url.rstrip('/')}/scim/v2"
    if json:
        print_json({**_plain(made, now), "token": text, "url": url})
        return DONE
    show(f"Token of {made.source}, shown this once:\n\n  {text}\n\nSCIM base URL: {url}")
    return DONE


async def listed(*, json: Json = False) -> int:
    """List every token ever made, newest first."""
    now = utc_now()
    async with installation() as opened:
        found = opened.sources.tokens.tokens()
    near = {end.id: end for end in token_ends(found, now)}
    if not found and not json:
        show("There are no tokens. Make one with `seatkeeper token create --source NAME`.")
        return DONE
    table = Table(box=None, pad_edge=False)
    for title in ("Id", "Source", "May", "Ends in", "Made", "Last used", "Expires", "State"):
        table.add_column(title, overflow="fold")
    for one in found:
        cells = (
            one.id,
            one.source,
            ", ".join(one.may),
            one.last_four,
            _day(one.created_at, ""),
            _day(one.last_used_at, "never"),
            _day(one.expires_at, "never") + _near(near.get(one.id)),
            one.state(now),
        )
        table.add_row(*(Text(cell) for cell in cells))
    speak((_plain(one, now) for one in found), table, json=json)
    return DONE


async def check(*, json: Json = False) -> int:
    """Say which sources need a new token; fails where one does, so that a timer can tell.

    A token is spoken of from 30 days before it ends, and once it has ended
    while its source has no other.
    """
    async with installation() as opened:
        found = opened.token_ends(utc_now())
    if not found and not json:
        show("No source needs a new token.")
    for end in found:
        if json:
            print_json(end.to_plain())
        else:
            show(f"{end.title}. {end.meaning}\n{end.todo}")
    return FAILED if found else DONE


async def replace(token_id: str, /, *, at_once: bool = False, json: Json = False) -> int:
    """Make a token in the place of another, and show it, this once.

    It reaches the same and lasts as long. The old one works for 24 hours more.

    Parameters
    ----------
    token_id
        The id of the old one, from token list.
    at_once
        The old one works no more, as for one that somebody else may know.
    """
    now = utc_now()
    async with installation() as opened:
        old, made, text = opened.sources.tokens.replace(
            token_id, at_once=at_once, actor=actor(), now=now
        )
    if json:
        print_json({**_plain(made, now), "token": text, "replaced": _plain(old, now)})
        return DONE
    until = "no more" if at_once else f"until {old.expires_at:%Y-%m-%d %H:%M} UTC"
    show(
        f"Token of {made.source}, shown this once:\n\n  {text}\n\n"
        f"The old one, ending in {old.last_four}, works {until}."
    )
    return DONE


async def revoke(token_id: str, /, *, json: Json = False) -> int:
    """End a token; its next request is refused. People and groups stay.

    Parameters
    ----------
    token_id
        Its id, from token list.
    """
    now = utc_now()
    async with installation() as opened:
        ended = opened.sources.tokens.revoke(token_id, actor=actor(), now=now)
    speak([_plain(ended, now)], f"The token of {ended.source} is revoked.", json=json)
    return DONE


def _near(end: TokenEnd | None) -> str:
    if end is None or end.stage is Stage.ENDED:
        return ""
    return f" ({in_days(end.days)})"


def _day(moment: dt.datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else moment.date().isoformat()


def _plain(token: SourceToken, now: dt.datetime) -> dict[str, object]:
    return {
        "id": token.id,
        "source": token.source,
        "may": list(token.may),
        "last_four": token.last_four,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "replaced_at": token.replaced_at,
        "state": token.state(now),
    }
