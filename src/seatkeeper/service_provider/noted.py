"""What is written down of one request and its answer, and what never is.

A door in, beside the walk. Tokens, cookies and passwords are left out here, so
that whoever keeps an entry cannot leak them; where a body may hold a password
and cannot be read, the whole body is left out. Decides nothing about the answer.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from seatkeeper.scim.finding import Finding, Verdict
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.wire import Answer

Entry = dict[str, str | int]

NOT_KEPT: Final = "(not kept)"
_SHOWN: Final = 64 * 1024
_MOST_HEADERS: Final = 100
_HEADER_SHOWN: Final = 2_000
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)
_SECRET_PARAMETERS: Final = ("password", "token", "secret")
# An encoded letter, or one that folds to a letter, can hide a word; an encoded sign cannot.
_MAY_BE_SECRET: Final = re.compile(
    "|".join((*_SECRET_PARAMETERS, "%4(?!0)", "%[5-9a-f]")), re.IGNORECASE
)
_QUERY_SHOWN: Final = 8_192
_WORST_FIRST: Final = (Verdict.BROKEN, Verdict.ADVICE)


def noted(
    *,
    method: str,
    path: str,
    query: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    token: str,
    answer: Answer,
    findings: tuple[Finding, ...],
    started: dt.datetime,
    ended: dt.datetime,
    seconds: float,
) -> Entry:
    """Return the entry of one request. ``seconds`` comes from a clock that never jumps."""
    sent = list(headers)
    return {
        "started": started.isoformat(),
        "ended": ended.isoformat(),
        "duration": round(seconds * 1_000_000),
        "method": method,
        "path": path,
        "query": kept_query(query),
        "status": answer.status,
        "request_headers": _json(kept_headers(sent)),
        "response_headers": _json(kept_headers(answer.all_headers().items())),
        "request": kept_body(body),
        "response": kept_body(answer.encoded()),
        "token": token[-4:] if len(token) > 4 else "",
        "client": next((v for k, v in sent if k.lower() == "user-agent"), "")[:200],
        "findings": _json([_plain(one) for one in findings]),
        "verdict": worst(findings) if findings or answer.status < 400 else "",
    }


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the gravest verdict among findings; met where nothing was found."""
    found = {one.verdict for one in findings}
    return next((one for one in _WORST_FIRST if one in found), Verdict.MET)


def kept_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers as they are written down: credentials by name alone."""
    return [
        (name[:200], NOT_KEPT if name.lower() in _SECRET_HEADERS else value[:_HEADER_SHOWN])
        for name, value in list(headers)[:_MOST_HEADERS]
    ]


def kept_query(query: str) -> str:
    """Return a query without what may be a secret, in its own encoding."""
    if query.isascii() and len(query) <= _QUERY_SHOWN and _MAY_BE_SECRET.search(query) is None:
        return query
    return "&".join(_kept_parameter(one) for one in query[:_QUERY_SHOWN].split("&"))


def _kept_parameter(text: str) -> str:
    name, equals, value = text.partition("=")
    plain_name, plain_value = unquote_plus(name).casefold(), unquote_plus(value).casefold()
    secret = any(one in plain_name for one in _SECRET_PARAMETERS) or "password" in plain_value
    return f"{name}{equals}(not-kept)" if secret else text


def kept_body(body: bytes) -> str:
    """Return a body as it is written down: limited, and each password left out."""
    if not _may_hold_a_password(body):
        return body[:_SHOWN].decode("utf-8", "replace")
    try:
        found: Json = msgspec.json.decode(body)
        return msgspec.json.encode(_masked(found)).decode("utf-8", "replace")[:_SHOWN]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return "(not kept: it may hold a password, and is not JSON)"


def _may_hold_a_password(body: bytes) -> bool:
    # An escape, or the long s that folds to s, can hide the word.
    return b"password" in body.lower() or b"\\u" in body or b"\xc5\xbf" in body


def _masked(value: Json) -> Json:
    if isinstance(value, str):
        return _without_inner(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    of_password = any(
        key.casefold() == "path" and isinstance(part, str) and "password" in part.casefold()
        for key, part in value.items()
    )
    return {
        key: NOT_KEPT
        if part is not None
        and ("password" in key.casefold() or (of_password and key.casefold() == "value"))
        else _masked(part)
        for key, part in value.items()
    }


def _without_inner(value: str) -> str:
    """Leave out a text that is itself JSON and speaks of a password."""
    inner = value.lstrip()[:1] in ("{", "[")
    return NOT_KEPT if inner and "password" in value.casefold() else value


def _plain(one: Finding) -> Mapping[str, str]:
    return {
        "rule": one.rule,
        "where": one.where,
        "text": one.text,
        "verdict": one.verdict.value,
        "quirk": one.quirk,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
