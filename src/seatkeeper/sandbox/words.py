"""How the sandbox's pages say things: times, durations, names, untrusted text.

Beside the walk. Pure. A template gets text from here and formats nothing.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from markupsafe import Markup, escape

from seatkeeper.scim.dialect import QUIRKS

_SHORT: Final = 200
_RFC: Final = "https://www.rfc-editor.org/rfc/rfc"
_EVIDENCE: Final = {one.name: one.evidence for one in QUIRKS}
VERDICTS: Final = {
    "met": "Follows the rules",
    "advice": "With advice",
    "broken": "Departs from the rules",
}
_BADGES: Final = {"met": "✓ follows", "advice": "✎ advice", "broken": "△ departs"}
_CODES: Final = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def clean(value: Any, limit: int = _SHORT) -> str:
    """Return untrusted text, limited, its control and direction characters as a symbol."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    shown = "".join(one if one.isprintable() else "␦" for one in text[:limit])
    return shown + "…" if len(text) > limit else shown


def clean_lines(text: str) -> str:
    """Return untrusted text of several lines, whole."""
    return "".join(one if one.isprintable() or one == "\n" else "␦" for one in text)


def pretty(body: str) -> str:
    """Return a body as it reads best: JSON with one value per line, anything else as it is."""
    try:
        found = msgspec.json.decode(body)
        return clean_lines(json.dumps(found, ensure_ascii=False, indent=2))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return clean_lines(body)


def moment(text: str | None, *, milliseconds: bool = False) -> Markup:
    """Return a moment as ``<time>``: 5 Nov 2026, 14:20:05, in UTC."""
    try:
        found = dt.datetime.fromisoformat(text or "").astimezone(dt.UTC)
    except ValueError:
        return escape(clean(text))
    shown = f"{found.day} {found:%b %Y, %H:%M:%S}"
    if milliseconds:
        shown += f".{found.microsecond // 1_000:03}"
    return Markup('<time datetime="{}" title="UTC">{}</time>').format(found.isoformat(), shown)


def exact(text: str) -> Markup:
    """Return a moment as ``moment`` does, to the millisecond."""
    return moment(text, milliseconds=True)


def clock(text: str) -> Markup:
    """Return the time of day of a moment, with the whole moment behind it."""
    try:
        found = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        return escape(clean(text))
    whole = f"{found.day} {found:%b %Y, %H:%M:%S} UTC"
    shown = f"{found:%H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        found.isoformat(), whole, shown
    )


def duration(microseconds: int) -> str:
    """Return 0.8 ms, 84 ms, 6.2 s."""
    if microseconds >= 1_000_000:
        return f"{microseconds / 1_000_000:.1f} s"
    if microseconds >= 10_000:
        return f"{round(microseconds / 1_000)} ms"
    return f"{microseconds / 1_000:.1f} ms"


def status_words(status: int) -> str:
    """Return 404 Not Found."""
    return f"{status} {_CODES.get(status, '')}".strip()


def reason(status: int) -> str:
    """Return the words of a status alone, or nothing."""
    return _CODES.get(status, "")


def badge(row: Mapping[str, Any]) -> str:
    """Return a request's verdict as a sign with a word; a dash where nobody judged it."""
    return _BADGES.get(str(row.get("verdict", "")), "—")


def rule_words(rule: str) -> tuple[str, str]:
    """Return a rule as words, and where it stands: RFC 7644, section 3.5.2."""
    kind, _, rest = rule.partition(" ")
    number, _, section = rest.partition(" ")
    if kind != "RFC" or not number.isdecimal():
        return clean(rule), ""
    if not section:
        return f"RFC {number}", f"{_RFC}{number}"
    return f"RFC {number}, section {section}", f"{_RFC}{number}#section-{section}"


def evidence(quirk: str) -> str:
    """Say who is known to send a departure, where it has a name."""
    return _EVIDENCE.get(quirk, "")


def short_path(path: str) -> str:
    """Return an attribute path without the URN before it."""
    return path.rpartition(":")[2] if path.startswith("urn:") else path
