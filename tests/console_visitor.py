"""Somebody who opens the console of an installation, over HTTP, as a browser would."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now

PASSPHRASE = "copper lantern drifts"
ANA = "ana@larkspur.example"
APP = "15five"


def link_for(opened: Installation, role: str = "administrator") -> str:
    """Return a link: the first one for Ana, or an invitation of somebody in that role."""
    first = opened.administrators.first_link(utc_now())
    if first is not None:
        return first
    apps = [APP] if role == "app-admin" else []
    email = f"{role}@larkspur.example"
    return opened.administrators.invite(email, role, apps, actor="test", now=utc_now())[1]


@asynccontextmanager
async def visitor(site: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a browser that keeps cookies; nobody is signed in yet."""
    async with httpx.AsyncClient(base_url=site, timeout=30) as browser:
        yield browser


async def choose_passphrase(browser: httpx.AsyncClient, link: str) -> httpx.Response:
    """Use a link; the browser is signed in afterwards."""
    form = {"name": "Ana Lovelace", "email": ANA, "passphrase": PASSPHRASE}
    return await browser.post(f"/links/{link}", data=form)


@asynccontextmanager
async def signed_in(
    opened: Installation, site: str, role: str = "administrator"
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a browser in which somebody of that role is signed in; Ana is the administrator."""
    async with visitor(site) as browser:
        answer = await choose_passphrase(browser, link_for(opened, role))
        assert answer.status_code == 303
        yield browser


def csrf_of(page: str) -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]
