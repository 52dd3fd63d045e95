"""Write requests as HAR 1.2 and as a curl command, for other tools and other people.

Beside the walk. Pure: rows of the journal in, text out, one row at a time. What
was not kept (tokens, cookies, passwords) cannot come out here.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import parse_qsl

from seatkeeper.sandbox.words import reason

_NO_LENGTH: Final = -1
_NOT_FOR_CURL: Final = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "transfer-encoding",
        "user-agent",
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-api-key",
    }
)
PLACEHOLDER: Final = "$TOKEN"


def har_file(rows: Iterable[Mapping[str, Any]], origin: str) -> Iterator[bytes]:
    """Yield a HAR file piece by piece; ``origin`` stands in where a request named no host."""
    creator = {"name": "Seatkeeper sandbox", "version": version("seatkeeper")}
    yield b'{"log": {"version": "1.2", "creator": %s, "entries": [' % json.dumps(creator).encode()
    between = b"\n"
    for row in rows:
        yield between + json.dumps(har_entry(row, origin), ensure_ascii=False).encode()
        between = b",\n"
    yield b"\n]}}\n"


def har_entry(row: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Return one entry with every field that HAR 1.2 requires."""
    sent, answered = _headers(row["request_headers"]), _headers(row["response_headers"])
    milliseconds = round(int(row["duration"]) / 1_000, 3)
    request: dict[str, Any] = {
        "method": row["method"],
        "url": address_of(row, origin),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": sent,
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(row["query"], keep_blank_values=True)
        ],
        "headersSize": _NO_LENGTH,
        "bodySize": len(row["request"].encode()),
    }
    if row["request"]:
        request["postData"] = {
            "mimeType": _value(sent, "content-type") or "application/octet-stream",
            "params": [],
            "text": row["request"],
        }
    return {
        "startedDateTime": row["started"],
        "time": milliseconds,
        "request": request,
        "response": {
            "status": row["status"],
            "statusText": reason(row["status"]),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": answered,
            "content": {
                "size": len(row["response"].encode()),
                "mimeType": _value(answered, "content-type") or "x-unknown",
                "text": row["response"],
            },
            "redirectURL": _value(answered, "location") if 300 <= row["status"] < 400 else "",
            "headersSize": _NO_LENGTH,
            "bodySize": len(row["response"].encode()),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_number": row["seq"],
        "_findings": row["findings"],
        "_fault": row["fault"],
    }


def address_of(row: Mapping[str, Any], origin: str) -> str:
    """Return the whole URL that a request asked for."""
    host = _value(_headers(row["request_headers"]), "host")
    base = f"http://{host}" if host else origin.rstrip("/")
    query = f"?{row['query']}" if row["query"] else ""
    return f"{base}{row['path']}{query}"


def as_curl(row: Mapping[str, Any], origin: str) -> str:
    """Return the command that sends a request again, the token as a placeholder."""
    parts = [f"curl -gi -X {shlex.quote(row['method'])} {shlex.quote(address_of(row, origin))}"]
    if any(one["name"].lower() == "authorization" for one in _headers(row["request_headers"])):
        parts.append(f'-H "Authorization: Bearer {PLACEHOLDER}"')
    for one in _headers(row["request_headers"]):
        if one["name"].lower() not in _NOT_FOR_CURL:
            parts.append("-H " + shlex.quote(f"{one['name']}: {one['value']}"))
    if row["request"]:
        parts.append("--data-raw " + shlex.quote(row["request"]))
    return " \\\n  ".join(parts)


def _headers(pairs: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return [{"name": str(name), "value": str(value)} for name, value in pairs]


def _value(headers: Sequence[Mapping[str, str]], name: str) -> str:
    return next((one["value"] for one in headers if one["name"].lower() == name), "")
