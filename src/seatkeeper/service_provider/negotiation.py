"""What a client's headers ask of an answer (RFC 9110 8.3, 12.5.1; RFC 7240; RFC 7644 3.8).

A door in, beside the walk. SCIM's own media type and plain JSON are one form
here. A header that says nothing that can be read asks for nothing.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from seatkeeper.scim import dialect
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.messages import CONTENT_TYPE
from seatkeeper.service_provider.call import Call

PLAIN_JSON: Final = "application/json"
_FORMS: Final = (CONTENT_TYPE, PLAIN_JSON)
_WITH_BODY: Final = ("POST", "PUT", "PATCH")
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?(?P<name>[^";\s]*)', re.IGNORECASE)
_QUALITY: Final = re.compile(r";\s*q\s*=\s*(?P<value>[01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_RETURN: Final = re.compile(r'(?:^|[,;])\s*return\s*=\s*"?(?P<what>[a-z]+)', re.IGNORECASE)


class Wish(StrEnum):
    """What a client wants back of a write."""

    NOTHING_SAID = ""
    MINIMAL = "minimal"
    REPRESENTATION = "representation"


def require_json(call: Call) -> None:
    """Refuse a body of another kind with 415; one without any kind is read, and noted."""
    if call.method not in _WITH_BODY or not call.body:
        return
    coding = call.header("content-encoding").strip().casefold()
    if coding not in ("", "identity"):
        raise _unsupported("Send the body as it is, without a content encoding.")
    said = call.header("content-type").strip()
    if not said:
        call.inspection.tolerate(dialect.CONTENT_TYPE_MISSING, "Content-Type")
        return
    if said.partition(";")[0].strip().casefold() not in _FORMS:
        raise _unsupported(f"Send {CONTENT_TYPE} or {PLAIN_JSON}.")
    charset = _CHARSET.search(said)
    if charset is not None and charset["name"].casefold() not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("JSON travels in UTF-8.")


def form_of_answer(accept: str) -> str:
    """Return the media type to answer in. Raises 406 where the client takes neither."""
    wanted = list(_ranges(accept))
    if not wanted:
        return CONTENT_TYPE
    liking = {form: _liking(form, wanted) for form in _FORMS}
    if not any(liking.values()):
        raise ScimError(406, "", f"Answers are {CONTENT_TYPE} or {PLAIN_JSON}.")
    return PLAIN_JSON if liking[PLAIN_JSON] > liking[CONTENT_TYPE] else CONTENT_TYPE


def wish_of(call: Call) -> Wish:
    """Return what a ``Prefer`` header says about the answer of a write."""
    header = call.header("prefer")
    found = _RETURN.search(header) if header else None
    said = found["what"].casefold() if found is not None else ""
    return next((one for one in Wish if one == said), Wish.NOTHING_SAID)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for one in accept.split(","):
        name = one.partition(";")[0].strip().casefold()
        if name.count("/") == 1:
            quality = _QUALITY.search(one)
            yield name, 1.0 if quality is None else min(1.0, float(quality["value"]))


def _liking(form: str, wanted: list[tuple[str, float]]) -> float:
    """Return the quality that the most specific range gives to a media type."""
    for name in (form, form.partition("/")[0] + "/*", "*/*"):
        found = [quality for one, quality in wanted if one == name]
        if found:
            return max(found)
    return 0.0


def _unsupported(detail: str) -> ScimError:
    return ScimError(415, "", detail)
