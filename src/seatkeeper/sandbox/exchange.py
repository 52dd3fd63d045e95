"""One request and its answer, as the judgement of clients reads it from the journal.

Beside the walk. Pure: a row of the journal in, a frozen value out. What a
journal of an older program does not tell stays unknown, and is not judged.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from seatkeeper.scim.messages import Json

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LONGEST_WAIT: Final = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Departure:
    """One rule that a request broke: its name where it has one, the rule, and what it says."""

    quirk: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. ``parts`` is the path below the service's base.

    ``changed`` counts the values that the request changed, none where nobody
    counted; ``retry_after`` is what the answer asked for, in seconds.
    """

    number: int
    started: dt.datetime
    ended: dt.datetime
    method: str
    path: str
    query: str
    status: int
    who: str
    parts: tuple[str, ...] = ()
    request: str = ""
    response: str = ""
    retry_after: float | None = None
    departures: tuple[Departure, ...] = ()
    changed: int | None = None

    @property
    def done(self) -> bool:
        """Say whether the request was carried out."""
        return 200 <= self.status < 300

    @property
    def is_write(self) -> bool:
        """Say whether the request may have changed something."""
        return self.done and self.method in WRITES and self.changed != 0

    @property
    def of_collection(self) -> bool:
        """Say whether the request concerns all resources of one kind."""
        return len(self.parts) == 1

    def parameters(self) -> Mapping[str, str]:
        """Return the parameters of the query, names in small letters."""
        return {name.lower(): value for name, value in parse_qsl(self.query)}

    def sent(self) -> Json:
        """Return the request's body, or none where it is no JSON (or was cut off)."""
        return _decoded(self.request)

    def answered(self) -> Json:
        """Return the answer's body, or none where it is no JSON (or was cut off)."""
        return _decoded(self.response)


def exchange_of(row: Mapping[str, Any], bases: Sequence[str]) -> Exchange:
    """Read a row of the journal; ``bases`` are the paths at which the service answers."""
    path, changed = str(row["path"]), int(row.get("changed", -1))
    return Exchange(
        number=int(row["seq"]),
        started=_moment(row["started"]),
        ended=_moment(row["ended"]),
        method=str(row["method"]),
        path=path,
        query=str(row["query"]),
        status=int(row["status"]),
        who=f"{row['token']} {row.get('client', '')}",
        parts=_below(path, bases),
        request=str(row["request"]),
        response=str(row["response"]),
        retry_after=_retry_after(row),
        departures=tuple(
            Departure(str(one.get("quirk", "")), str(one["rule"]), str(one["text"]))
            for one in row.get("findings", ())
            if one.get("verdict") == "broken"
        ),
        changed=None if changed < 0 else changed,
    )


def _below(path: str, bases: Sequence[str]) -> tuple[str, ...]:
    for base in sorted(bases, key=len, reverse=True):
        if path.startswith(f"{base}/"):
            path = path[len(base) :]
            break
    return tuple(part for part in path.split("/") if part)


def _retry_after(row: Mapping[str, Any]) -> float | None:
    for name, value in row.get("response_headers", ()):
        if str(name).lower() == "retry-after":
            return _seconds(str(value).strip(), _moment(row["ended"]))
    return None


def _seconds(text: str, now: dt.datetime) -> float | None:
    if text.isascii() and text.isdecimal():
        return float(min(int(text[:9]), _LONGEST_WAIT))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)


def _moment(text: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _decoded(text: str) -> Json:
    try:
        found: Json = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return found
