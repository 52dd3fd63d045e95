"""The accounts and groups that the app holds, and what became of each.

Beside the walk. Everything comes from what the service keeps; nothing can be
changed here, because the directory is where changes are made.
"""

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.sandbox.guard import HEADERS
from seatkeeper.sandbox.recording import flattened
from seatkeeper.sandbox.standin import PAGE, StandIn, html, name_of, number_in, page_number
from seatkeeper.sandbox.words import clean, short_path
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Stored, Wanted
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.path import parse_path, read
from seatkeeper.service_provider.profile import GROUPS, USERS
from seatkeeper.store.resource_history import Known

_WORK: Final = parse_path('emails[type eq "work"].value')
_MANAGER: Final = parse_path(
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"
)
_SEARCHED: Final = {
    USERS: ("userName", "emails.value", "name.givenName", "name.familyName", "displayName"),
    GROUPS: ("displayName",),
}
_MOST_WORDS: Final = 5
_LONGEST: Final = 100
_WHAT: Final = {
    "created": "created",
    "changed": "changed",
    "deleted": "deleted",
    "joined": "joined",
    "left": "left",
    "moved": "reassigned by the app",
}


def people_routes(site: StandIn) -> list[Route]:
    """Return the routes of accounts and groups."""

    def page(show: Any) -> Any:
        async def answer(request: Request) -> Response:
            return html(await to_thread.run_sync(show, site, request))

        return answer

    async def dump(request: Request) -> Response:
        body = msgspec.json.encode(await to_thread.run_sync(_dump, site))
        return Response(body, media_type="application/json", headers=HEADERS)

    groups = [Route("/groups", page(_groups_page)), Route("/groups/{id}", page(_group_page))]
    return [
        Route("/accounts", page(_accounts_page)),
        Route("/accounts/{id}", page(_account_page)),
        *(groups if site.app.groups is not None else []),
        Route("/_sandbox/dump", dump),
    ]


def _accounts_page(site: StandIn, request: Request) -> str:
    text, state = _search(request), request.query_params.get("state", "")
    asked = _asked(USERS, text)
    if state in ("active", "deactivated"):
        # An account that says nothing of it is active.
        asked.append("active eq false" if state == "deactivated" else "not (active eq false)")
    found, page = _found(site, request, USERS, asked)
    rows = [
        {
            "id": one.id,
            "name": name_of(one.values) or "—",
            "user_name": clean(one.values.get("userName")),
            "email": clean(read(one.values, _WORK)) or "—",
            "active": one.values.get("active") is not False,
            "manager": _named(site, USERS, read(one.values, _MANAGER)),
        }
        for one in found
    ]
    return site.render(
        request,
        "accounts.html",
        rows=rows,
        page=page,
        text=text,
        state=state,
        query=_query(request),
    )


def _groups_page(site: StandIn, request: Request) -> str:
    text = _search(request)
    found, page = _found(site, request, GROUPS, _asked(GROUPS, text))
    rows = []
    for one in found:
        first, count = site.members(one.id, limit=5)
        rows.append(
            {
                "id": one.id,
                "name": clean(one.values.get("displayName")) or "—",
                "count": count,
                "first": [name_of(member.values) for member in first],
            }
        )
    return site.render(
        request, "groups.html", rows=rows, page=page, text=text, query=_query(request)
    )


def _account_page(site: StandIn, request: Request) -> str:
    account_id = request.path_params["id"]
    held, history, older = _known(site, USERS, request)
    manager = _named(site, USERS, read(held.values, _MANAGER)) if held else None
    groups = [
        {"id": one.id, "name": clean(one.values.get("displayName"))}
        for one in site.store.groups_of(account_id)
    ]
    return site.render(
        request,
        "account.html",
        id=account_id,
        held=held,
        name=_title(held, history) or clean(account_id),
        attributes=_attributes(held),
        manager=manager,
        groups=groups,
        history=_entries(site, history, account_id),
        older=older,
    )


def _group_page(site: StandIn, request: Request) -> str:
    group_id = request.path_params["id"]
    held, history, older = _known(site, GROUPS, request)
    _, total = site.members(group_id, limit=0)
    page = page_number(request.query_params.get("page", "1"), total)
    members, _ = site.members(group_id, offset=page.offset, limit=PAGE)
    shown = [
        {"id": one.id, "name": name_of(one.values), "active": one.values.get("active") is not False}
        for one in members
    ]
    return site.render(
        request,
        "group.html",
        id=group_id,
        held=held,
        name=_title(held, history) or clean(group_id),
        attributes=_attributes(held),
        members=shown,
        page=page,
        history=_entries(site, history, group_id),
        older=older,
    )


# --- finding ---


def _search(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:_LONGEST]


def _query(request: Request) -> str:
    """Return the present search as it stands in an address, the page left out."""
    return urlencode({k: v for k, v in request.query_params.items() if k in ("q", "state") and v})


def _asked(kind: str, text: str) -> list[str]:
    """Return the conditions of a search: each word begins a name or an address."""
    return [
        "(" + " or ".join(f"{path} sw {json.dumps(word)}" for path in _SEARCHED[kind]) + ")"
        for word in text.split()[:_MOST_WORDS]
    ]


def _found(
    site: StandIn, request: Request, kind: str, asked: Sequence[str]
) -> tuple[list[Stored], Any]:
    tree = parse_filter(" and ".join(asked)) if asked else None
    schema = site.profile.kind(kind).schema
    wanted = request.query_params.get("page", "1")
    offset = (max(1, number_in(wanted, 1)) - 1) * PAGE
    found = site.keeper.find(kind, Wanted(schema, filter=tree, offset=offset, limit=PAGE))
    page = page_number(wanted, found.total)
    if page.offset != offset:
        found = site.keeper.find(kind, Wanted(schema, filter=tree, offset=page.offset, limit=PAGE))
    return list(found.page), page


def _known(site: StandIn, kind: str, request: Request) -> tuple[Stored | None, list[Known], int]:
    resource_id = request.path_params["id"]
    before = number_in(request.query_params.get("before", "0"))
    held = site.held(kind, resource_id)
    history, older = site.history.of(resource_id, before=before, limit=PAGE)
    if held is None and not history and not before:
        what = "account" if kind == USERS else "group"
        raise HTTPException(404, f"There is no {what} with this id, and there never was one.")
    return held, history, older


def _named(site: StandIn, kind: str, resource_id: object) -> dict[str, str] | None:
    if not isinstance(resource_id, str) or not resource_id:
        return None
    held = site.held(kind, resource_id)
    name = name_of(held.values) if held else ""
    return {"id": resource_id, "name": name or clean(resource_id)}


# --- showing ---


def _title(held: Stored | None, history: Sequence[Known]) -> str:
    if held is not None:
        return name_of(held.values)
    gone = {one.change.path: one.change.before for one in history if one.change.what == "deleted"}
    return clean(gone.get("displayName") or gone.get("userName") or "")


def _attributes(held: Stored | None) -> list[tuple[str, str, str]]:
    if held is None:
        return []
    flat = flattened(held.values)
    return [(path, clean(short_path(path)), clean(value, 1_000)) for path, value in flat.items()]


def _entries(site: StandIn, history: Sequence[Known], mine: str) -> list[dict[str, Any]]:
    """Return changes by request, newest first; of each what it did, before and after."""
    found: list[dict[str, Any]] = []
    for one in history:
        if not found or found[-1]["request"] != one.request:
            found.append({"request": one.request, "at": one.change.at, "lines": []})
        found[-1]["lines"].append(_line(site, one, mine))
    for entry in found:
        # What one request did reads in its own order.
        entry["lines"].reverse()
    return found


def _line(site: StandIn, known: Known, mine: str) -> dict[str, Any]:
    change = known.change
    link = None
    if change.other_id:
        of_group = change.other_id == mine
        kind, other = (GROUPS, change.resource_id) if of_group else (USERS, change.other_id)
        found = _named(site, kind, other)
        if found:
            address = f"/{'groups' if of_group else 'accounts'}/{found['id']}"
            link = {"name": found["name"], "address": address}
    return {
        "what": _WHAT.get(change.what, change.what),
        "path": clean(short_path(change.path)),
        "whole_path": clean(change.path),
        "before": _value(site, change.path, change.before),
        "after": _value(site, change.path, change.after),
        "link": link,
    }


def _value(site: StandIn, path: str, value: str | None) -> str | None:
    if value is None:
        return None
    if path.endswith(":manager"):
        found = _named(site, USERS, value)
        return found["name"] if found else clean(value)
    return clean(value, 500)


def _dump(site: StandIn) -> Resource:
    """Return everything that the app holds, for tests and tools."""
    users = site.store.page(USERS, limit=site.store.count(USERS))
    groups = site.store.page(GROUPS, limit=site.store.count(GROUPS))
    return {
        "users": [{"id": one.id, **one.values} for one in users],
        "groups": [
            {"id": one.id, **one.values, "members": [m.id for m in site.store.members(one.id)]}
            for one in groups
        ],
    }
