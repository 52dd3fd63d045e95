"""The request inspector: the list, one request in full, and the same as a HAR file.

Beside the walk. It shows what the journal keeps; the list is filtered and paged
by number there. Live update is a script's matter: each page is right without.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from seatkeeper.sandbox import words
from seatkeeper.sandbox.guard import HEADERS
from seatkeeper.sandbox.har import as_curl, har_file
from seatkeeper.sandbox.standin import PAGE, StandIn, html, name_of, number_in
from seatkeeper.service_provider.profile import GROUPS
from seatkeeper.store.resource_history import Known
from seatkeeper.store.resource_journal import Sought

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_MOST_CHANGES: Final = 200
_CUT: Final = 64 * 1024


def request_routes(site: StandIn) -> list[Route]:
    """Return the routes of the inspector."""

    async def listed(request: Request) -> Response:
        return html(await to_thread.run_sync(_list_page, site, request))

    async def one(request: Request) -> Response:
        return html(await to_thread.run_sync(_one_page, site, request))

    async def newest(request: Request) -> Response:
        return _json({"newest": await to_thread.run_sync(site.journal.newest)})

    async def har(request: Request) -> Response:
        rows = site.journal.each(sought_in(request.query_params))
        name = f"{site.app.id}-requests.har"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        origin = str(request.base_url)
        return StreamingResponse(har_file(rows, origin), 200, headers, "application/json")

    async def journal(request: Request) -> Response:
        after = number_in(request.query_params.get("after", "0"))
        found = await to_thread.run_sync(lambda: site.journal.requests(after=after))
        return _json({"requests": found})

    return [
        Route("/requests", listed),
        Route("/requests/newest", newest),
        Route("/requests/{number:int}", one),
        Route("/requests.har", har),
        Route("/_sandbox/requests", journal),
    ]


def sought_in(asked: Mapping[str, str]) -> Sought:
    """Read a filter as it stands in an address; what makes no sense does not narrow."""
    method, status = asked.get("method", ""), asked.get("status", "")
    verdict = asked.get("verdict", "")
    return Sought(
        method=method if method in METHODS else "",
        status_class=int(status[0]) if status in ("2xx", "3xx", "4xx", "5xx") else 0,
        text=asked.get("path", "").strip()[:200],
        verdict=verdict if verdict in words.VERDICTS else "",
        with_findings=asked.get("findings") == "only",
    )


def address_of(sought: Sought) -> str:
    """Return a filter as it stands in an address."""
    parts = {
        "method": sought.method,
        "status": f"{sought.status_class}xx" if sought.status_class else "",
        "path": sought.text,
        "verdict": sought.verdict,
        "findings": "only" if sought.with_findings else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _list_page(site: StandIn, request: Request) -> str:
    asked = request.query_params
    sought = sought_in(asked)
    before, after = number_in(asked.get("before", "")), number_in(asked.get("after", ""))
    if after:
        rows = site.journal.just_after(sought, after=after, limit=PAGE + 1)
        newer, older, rows = len(rows) > PAGE, True, rows[-PAGE:]
    else:
        rows = site.journal.newest_first(sought, before=before, limit=PAGE + 1)
        newer, older, rows = bool(before), len(rows) > PAGE, rows[:PAGE]
    return site.render(
        request,
        "requests.html",
        rows=[_row(one) for one in rows],
        total=site.journal.count(sought),
        sought=sought,
        query=address_of(sought),
        methods=METHODS,
        verdicts=words.VERDICTS,
        newer=rows[0]["seq"] if rows and newer else 0,
        older=rows[-1]["seq"] if rows and older else 0,
        newest=site.journal.newest(),
        is_live=not before and not after,
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    query = words.clean(row["query"].replace("%20", " ").replace("+", " ").replace("%22", '"'), 120)
    return {
        **row,
        "path": words.clean(row["path"]),
        "query": query,
        "who": words.clean(str(row["client"]).partition(" ")[0], 40) or "unknown client",
        "fault": words.clean(row["fault"]),
        "status_class": row["status"] // 100,
    }


def _one_page(site: StandIn, request: Request) -> str:
    number = request.path_params["number"]
    row = site.journal.one(number) if number < 10**18 else None
    if row is None:
        raise HTTPException(
            404, f"Request {number} is not in the journal. It keeps the newest 10,000."
        )
    changes = site.history.by(number, limit=_MOST_CHANGES)
    newest = site.journal.newest()
    return site.render(
        request,
        "request.html",
        row=_row(row),
        query=[
            (words.clean(name, 200), words.clean(value, 1_000)) for name, value in _parameters(row)
        ],
        findings=[_finding(one) for one in row["findings"]],
        request_headers=_cleaned(row["request_headers"]),
        response_headers=_cleaned(row["response_headers"]),
        sent=words.pretty(row["request"]),
        answered=words.pretty(row["response"]),
        is_cut=max(len(row["request"]), len(row["response"])) >= _CUT,
        curl=words.clean_lines(as_curl(row, str(request.base_url))),
        changes=len(changes),
        touched=_touched(changes, site),
        previous=number - 1 if site.journal.one(number - 1) else 0,
        following=number + 1 if number < newest else 0,
    )


def _parameters(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(row["query"], keep_blank_values=True)


def _finding(one: Mapping[str, str]) -> dict[str, str]:
    rule, address = words.rule_words(one["rule"])
    return {
        "verdict": one["verdict"],
        "rule": rule,
        "address": address,
        "where": words.clean(one["where"]),
        "text": words.clean(one["text"], 500),
        "quirk": words.clean(one.get("quirk", "")),
        "evidence": words.evidence(one.get("quirk", "")),
    }


def _touched(changes: Sequence[Known], site: StandIn) -> list[dict[str, str]]:
    """Return the accounts and groups that a request changed, each once."""
    found: dict[str, dict[str, str]] = {}
    for one in changes:
        kind, resource_id = one.change.kind, one.change.resource_id
        if resource_id not in found:
            held = site.held(kind, resource_id)
            found[resource_id] = {
                "address": f"/{'groups' if kind == GROUPS else 'accounts'}/{resource_id}",
                "name": (name_of(held.values) if held else "") or words.clean(resource_id),
            }
    return list(found.values())


def _cleaned(headers: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    return [(words.clean(name), words.clean(value, 2_000)) for name, value in headers]


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers=HEADERS)
