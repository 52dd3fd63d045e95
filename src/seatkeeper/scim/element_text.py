"""Elements of multi-valued complex attributes, such as ``roles``, held as one text each.

Beside the walk. A target value is a text or a set of texts, so that values can
be compared, stored and logged; an element of ``roles`` travels through the
walk as the JSON of its object. This page knows that form, and when two
elements are one.
"""

import json
from collections.abc import Mapping
from typing import Final

from seatkeeper.scim.filter import get
from seatkeeper.scim.messages import Json, Resource

_KEPT: Final = ("primary", "type", "display", "value")


def element_text(element: Mapping[str, object]) -> str:
    """Return an element as the walk holds it: only what a mapping can write, in one order."""
    folded = {name.casefold(): value for name, value in element.items()}
    kept = {name: folded[name] for name in _KEPT if folded.get(name) is not None}
    return json.dumps({"primary": False, **kept}, ensure_ascii=False, sort_keys=True)


def element_of(text: str) -> Resource:
    """Return the object that a text holds; any other text is the element's ``value``."""
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"value": text}


def named(text: str) -> str:
    """Return an element as people read it, ``crew (Sailors)``; any other text as it is.

    Two elements that differ are read differently: a reviewed plan compares this.
    """
    element = element_of(text) if text.startswith("{") else {}
    value = element.pop("value", None)
    if not isinstance(value, str):
        return text
    more = [str(element[name]) for name in ("display", "type") if element.get(name)]
    more += ["primary"] if element.get("primary") else []
    return f"{value} ({', '.join(more)})" if more else value


def comparable(text: str, *, exact: bool) -> str:
    """Return what two texts of one and the same element have in common.

    That it is not primary need not be said; letter case counts where ``exact``.
    """
    element = {name: part for name, part in element_of(text).items() if part}
    plain = json.dumps(element, ensure_ascii=False, sort_keys=True)
    return plain if exact else plain.casefold()


def identity(element: Json) -> str:
    """Return what an element is known by: its ``value``, whatever its case, or all of it."""
    value = get(element, "value") if isinstance(element, dict) else element
    return json.dumps(element if value is None else value, sort_keys=True).casefold()
