"""What an app's answer means: a resource, a list, or exactly one class of error.

Beside the last station of the walk, after ``http`` brought a whole answer. It
judges statuses and bodies and finds words for an administrator: what happened,
what it means, what to do. It does not decide about another try; callers ask
the error's ``remedy``.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from seatkeeper.clock import utc_now
from seatkeeper.connectors.http import Answer
from seatkeeper.connectors.secret import Secret
from seatkeeper.connectors.words import clean, clean_bytes
from seatkeeper.errors import (
    Conflict,
    ConnectorError,
    CredentialsRejected,
    Incompatible,
    InDoubt,
    Refused,
    Throttled,
    Transient,
    Vanished,
)

Resource: TypeAlias = Mapping[str, Any]

LONGEST_WAIT: Final = 15 * 60.0
"""Seconds that a ``Retry-After`` is believed; an app that asks for a year is sick."""


class Asked(Enum):
    """What a request was for; the same status means different things."""

    LIST = auto()
    READ = auto()
    CREATE = auto()
    CHANGE = auto()
    DELETE = auto()

    @property
    def about_one(self) -> bool:
        """Whether the request named one account by its id."""
        return self in (Asked.READ, Asked.CHANGE, Asked.DELETE)

    @property
    def a_write(self) -> bool:
        """Whether the request wanted to change something."""
        return self in (Asked.CREATE, Asked.CHANGE, Asked.DELETE)


class Judge:
    """Reads answers of one app; knows the token only to keep it out of its words."""

    def __init__(
        self, token: Secret, *, levels: int = 64, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self._token = token
        self._levels = levels
        self._now = now

    def expect_success(self, answer: Answer, asked: Asked) -> None:
        """Raise the one error that a status outside 200-299 means."""
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, asked)

    def resource(self, answer: Answer, asked: Asked) -> Resource:
        """Return the JSON object that was answered, or raise what it means that there is none."""
        self.expect_success(answer, asked)
        body = self._json(answer, asked)
        if not isinstance(body, dict):
            raise self._no_scim(answer, asked, "an answer that is no JSON object")
        return body

    def created(self, answer: Answer) -> Resource:
        """Return the account that was made, with its id.

        An answer without id (or without any body) leaves in doubt which account
        it was: the record is then looked up, never created again blindly.
        """
        self.expect_success(answer, Asked.CREATE)
        body: Resource = self.resource(answer, Asked.CREATE) if answer.body.strip() else {}
        found = body.get("id") or urlsplit(answer.location).path.rpartition("/")[2]
        if not found:
            raise InDoubt(
                f"{answer.host} confirmed an account but did not say its id.",
                advice="It is looked up by its matching attribute.",
                status=answer.status,
            )
        return {**body, "id": str(found)}

    def changed(self, answer: Answer) -> None:
        """Accept a change: 204, or 200 with a resource or without any body."""
        self.expect_success(answer, Asked.CHANGE)
        if answer.body.strip():
            self.resource(answer, Asked.CHANGE)

    def listed(self, answer: Answer) -> tuple[list[Resource], int]:
        """Return the resources of a ListResponse and its ``totalResults``."""
        body = {name.casefold(): value for name, value in self.resource(answer, Asked.LIST).items()}
        found = body.get("resources")
        found = [] if found is None else found
        total = body.get("totalresults", len(found) if "resources" in body else None)
        if not isinstance(found, list) or not isinstance(total, int | str):
            raise self._no_scim(answer, Asked.LIST, "JSON that is no SCIM ListResponse")
        if not str(total).isdigit() or not all(
            isinstance(one, dict) and one.get("id") not in (None, "") for one in found
        ):
            raise self._no_scim(answer, Asked.LIST, "a ListResponse with entries that have no id")
        return found, int(total)

    def scim_type(self, answer: Answer) -> str:
        """Return the ``scimType`` of an error answer, or nothing."""
        return str(self._error_body(answer).get("scimType") or "")

    def _refusal(self, answer: Answer, asked: Asked) -> ConnectorError:
        status, host, said = answer.status, answer.host, self._said(answer)
        if 300 <= status < 400:
            return self._redirect(answer)
        if status == 401:
            return CredentialsRejected(
                f"{host} did not accept the secret token.",
                advice="Generate a new token in the app, paste it, and test the connection.",
                said=said,
                status=status,
            )
        if status == 403 and asked is Asked.LIST:
            return CredentialsRejected(
                f"{host} knows the secret token but allows it nothing.",
                advice="Generate the token as an administrator of the app, with the right to "
                "manage users.",
                said=said,
                status=status,
            )
        if status == 404:
            return self._missing(answer, asked, said)
        if status in (409, 412):
            return self._conflict(answer, said)
        if status == 429:
            return self._throttled(answer, said)
        if status == 504 and asked.a_write:
            return InDoubt(
                f"What stands before {host} stopped waiting for it ({status}).",
                advice="The app may still act, so the account is looked up before anything is "
                "repeated; nothing needs to be done.",
                said=said,
                status=status,
            )
        if (status >= 500 and status != 501) or status in (408, 425):
            return Transient(
                f"{host} failed on its own side ({status}).",
                advice="It is tried again later. If this stays so, look at the app's status page.",
                said=said,
                status=status,
            )
        return self._not_taken(answer, asked, said)

    def _redirect(self, answer: Answer) -> Incompatible:
        elsewhere = urlsplit(answer.location).hostname or answer.host
        return Incompatible(
            f"{answer.host} sends requests on to {clean(elsewhere, self._token)}; they were not "
            "followed, because the token belongs to the first host only.",
            advice="If the app has moved, type its new address into the tenant URL.",
            status=answer.status,
        )

    def _missing(self, answer: Answer, asked: Asked, said: str) -> ConnectorError:
        if asked.about_one:
            return Vanished(
                f"{answer.host} has no account with that id any more.",
                advice="It is looked up again by its matching attribute.",
                said=said,
                status=answer.status,
            )
        return Incompatible(
            f"{answer.host} answers, but not as SCIM: there is nothing at this path.",
            advice="Check the path of the tenant URL; /Users must exist below it.",
            said=said,
            status=answer.status,
        )

    def _conflict(self, answer: Answer, said: str) -> Conflict:
        if answer.status == 412:
            return Conflict(
                f"The account at {answer.host} was changed by somebody else meanwhile.",
                advice="It is read again and planned again.",
                said=said,
                status=answer.status,
            )
        return Conflict(
            f"A value that must be unique at {answer.host} belongs to another account.",
            advice="Find that account in the app by the value, and let the two differ or match.",
            said=said,
            status=answer.status,
        )

    def _throttled(self, answer: Answer, said: str) -> Throttled:
        wait = wait_of(answer.retry_after, self._now())
        return Throttled(
            f"{answer.host} asks for fewer requests.",
            retry_after=wait,
            advice="Seatkeeper slows down by itself; nothing needs to be done.",
            said=said,
        )

    def _not_taken(self, answer: Answer, asked: Asked, said: str) -> ConnectorError:
        status, host = answer.status, answer.host
        if status in (405, 501):
            if asked is Asked.DELETE:
                return Refused(
                    f"{host} does not delete accounts ({status}).",
                    advice="Let the record be disabled instead of deleted.",
                    said=said,
                    status=status,
                )
            return Incompatible(
                f"{host} does not offer what this request needs ({status}).",
                advice="The app must support filters on lists, and PATCH.",
                said=said,
                status=status,
            )
        if status == 413:
            return Refused(
                f"The request is too large for {host}.",
                advice="Shorten the value, or lower the number of members sent at once.",
                said=said,
                status=status,
            )
        if status == 403:
            return Refused(
                f"{host} does not allow this for this account.",
                advice="Look at the account in the app: it may be protected, as owners often are.",
                said=said,
                status=status,
            )
        return Refused(
            f"{host} refused the request ({status})" + (f": {said}" if said else "."),
            advice="Correct the value in the directory or the mapping that makes it.",
            said=said,
            status=status,
        )

    def _json(self, answer: Answer, asked: Asked) -> object:
        if not answer.body.strip():
            raise self._no_scim(answer, asked, "an empty answer")
        try:
            body = msgspec.json.decode(answer.body)
        except RecursionError as error:
            raise self._too_deep(answer, asked) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            html = "html" in answer.media_type or answer.body.lstrip()[:1] == b"<"
            what = "a web page" if html else "text that is no JSON"
            raise self._no_scim(answer, asked, what) from error
        # Few brackets cannot be deep; counting them is far cheaper than walking.
        brackets = answer.body.count(b"{") + answer.body.count(b"[")
        if brackets > self._levels and _deeper_than(body, self._levels):
            raise self._too_deep(answer, asked)
        return body

    def _no_scim(self, answer: Answer, asked: Asked, what: str) -> ConnectorError:
        said = clean_bytes(answer.body, self._token)
        kind = Refused if asked.a_write else Incompatible
        return kind(
            f"{answer.host} answers, but not as SCIM: {what} came.",
            advice="Check the tenant URL; it may lead to the app's web pages instead.",
            said=said,
            status=answer.status,
        )

    def _too_deep(self, answer: Answer, asked: Asked) -> ConnectorError:
        kind = Refused if asked.a_write else Incompatible
        return kind(
            f"The answer of {answer.host} is nested deeper than {self._levels} levels; "
            "it was not read.",
            advice="Check that the tenant URL leads to the app's SCIM service.",
            status=answer.status,
        )

    def _error_body(self, answer: Answer) -> Resource:
        try:
            body = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    def _said(self, answer: Answer) -> str:
        body = self._error_body(answer)
        told = [str(body[name]) for name in ("scimType", "detail") if body.get(name)]
        return (
            clean(": ".join(told), self._token) if told else clean_bytes(answer.body, self._token)
        )


def wait_of(header: str | None, now: dt.datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for, at most 15 minutes.

    None where it is missing or makes no sense; then the engine chooses.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        # Long digits are cut before they are read: their size alone says "absurd".
        return min(float(text[:12]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_WAIT)


def _deeper_than(body: object, levels: int) -> bool:
    """Say whether anything lies deeper than ``levels``, without recursion."""
    layer = [body]
    for _ in range(levels):
        below: list[object] = []
        for one in layer:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
        layer = [one for one in below if isinstance(one, dict | list)]
        if not layer:
            return False
    return True
